"""Pendulums and bodies that attract each other, over time: series of states."""
