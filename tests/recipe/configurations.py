"""Configurations for DeepBench 0.2.3 that the tests share: small ones here, those in deepbench/ as files."""

from __future__ import annotations

from pathlib import Path

from deepbench_fast.authoring.deepbench import convert

CONFIGURATIONS = {path.stem: path for path in sorted((Path(__file__).parent / "deepbench").glob("*.yaml"))}

STAR = """
object_type: sky
object_name: SkyImage
total_runs: 2
image_parameters: {image_shape: [16, 16]}
object_parameters:
  star: {object: {center_x: 5, center_y: 7}, instance: {}}
"""
RECTANGLE = """
object_type: shape
object_name: ShapeImage
total_runs: 2
image_parameters: {image_shape: [28, 28]}
object_parameters:
  rectangle: {object: {center: [14, 14], width: 8, height: 6}, instance: {}}
"""
PENDULUM = """
object_type: physics
object_name: Pendulum
total_runs: 2
image_parameters: {pendulum_arm_length: 2, starting_angle_radians: 0.5, acceleration_due_to_gravity: 9.8}
object_parameters: {time: [0.0, 1.0, 2.0]}
"""


def converted(tmp_path: Path, text: str) -> str:
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return convert(path)
