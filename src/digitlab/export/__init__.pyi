from .card import model_card as model_card
from .checking import (
    LIMIT as LIMIT,
    Agreement as Agreement,
    agreement as agreement,
    answers_of as answers_of,
    check_onnx as check_onnx,
    open_session as open_session,
)
from .drawings import clean_ink as clean_ink, frame_drawing as frame_drawing
from .html import build_html as build_html, check_digits as check_digits
from .onnx import OPSET as OPSET, build_onnx as build_onnx, check_ink as check_ink
from .original import Original as Original
from .saving import (
    card_path as card_path,
    check_free as check_free,
    need_onnx as need_onnx,
    write_html as write_html,
    write_onnx as write_onnx,
    write_safetensors as write_safetensors,
)
