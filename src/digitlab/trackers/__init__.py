"""What a training measures, told to the trackers that people watch: TensorBoard, MLflow; both are extras."""

from digitlab.trackers.tracked import TRACKERS, check_trackers, tracked

__all__ = ["TRACKERS", "check_trackers", "tracked"]
