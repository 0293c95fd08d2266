"""How fast this machine is, and how near to its limits: what `deepbench-fast benchmark` measures."""
