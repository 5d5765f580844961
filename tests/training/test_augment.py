"""Augmentation against SciPy and NumPy, and what must hold whatever is drawn."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from digitlab.data import Dataset
from digitlab.errors import ConfigError
from digitlab.training.augment import Augmentation, augment, extreme, random_points, with_stroke
from digitlab.training.warp import (
    Points,
    gaussian,
    grid,
    look_up,
    rotated,
    scaled,
    sheared,
    shifted,
    smooth_field,
)

KEY = jax.random.key(5)
SHAPES = [(28, 28), (8, 8), (9, 5), (5, 12)]
EVERYTHING = Augmentation(shift=2, rotate=12, scale=0.12, shear=8, stroke=0.7, elastic=1.2)
Pixels = NDArray[np.uint8]

look = jax.jit(look_up)
stroked = jax.jit(with_stroke)


@jax.jit
def affine(
    pixels: jax.Array, down: jax.Array, right: jax.Array, turn: jax.Array, slant: jax.Array, growth: jax.Array
) -> jax.Array:
    """Return pictures after all affine steps."""
    points = rotated(shifted(grid(*pixels.shape[1:]), down, right), turn)
    return look_up(pixels, scaled(sheared(points, slant), growth))


def noise(n: int, shape: tuple[int, int], seed: int = 0) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (n, *shape)).astype(np.uint8)


def blob(size: int = 28) -> Pixels:
    """Return one picture with a round blob in the middle, (1, size, size)."""
    rows, columns = np.indices((size, size)) - (size - 1) / 2
    ink: Pixels = (255 * np.exp(-(rows**2 + columns**2) / (2 * (size / 14) ** 2))).astype(np.uint8)
    return ink[None]


def centres(pixels: Any) -> NDArray[np.float64]:
    """Return the centre of mass of each picture, (n, 2)."""
    return np.array([ndimage.center_of_mass(picture.astype(np.float64)) for picture in np.asarray(pixels)])


def each(*values: float) -> jax.Array:
    """Return a number for each image, float32 (n, 1, 1)."""
    return jnp.array(values, jnp.float32).reshape(-1, 1, 1)


def many(pixels: Pixels, n: int) -> jax.Array:
    return jnp.asarray(np.repeat(pixels, n, axis=0))


def assert_rounded(found: Any, exact: Any) -> None:
    """Check that uint8 pixels are the exact values, rounded."""
    assert found.dtype == jnp.uint8
    np.testing.assert_allclose(np.asarray(found, np.float64), exact, rtol=0, atol=0.501)


@pytest.mark.parametrize("shape", SHAPES)
def test_looking_up_is_scipys_map_coordinates(shape: tuple[int, int]) -> None:
    pixels, generator = noise(6, shape), np.random.default_rng(1)
    rows, columns = (generator.uniform(-3, size + 2, (6, *shape)).astype(np.float32) for size in shape)
    height, width = shape
    points = Points(jnp.asarray(rows - (height - 1) / 2), jnp.asarray(columns - (width - 1) / 2))
    found = look(jnp.asarray(pixels), points)
    for picture, *places, result in zip(pixels, rows, columns, found, strict=True):
        exact = ndimage.map_coordinates(picture.astype(float), places, order=1, mode="grid-constant")
        assert_rounded(result, exact)


@pytest.mark.parametrize("far", [-1e6, -30.0, 30.0, 1e6])
def test_outside_is_paper(far: float) -> None:
    full = jnp.full((1, 28, 28), 255, jnp.uint8)
    away = jnp.full((1, 28, 28), far, jnp.float32)
    assert not look(full, Points(away, away)).any()
    assert not look(full, Points(away, grid(28, 28).columns)).any()


@pytest.mark.parametrize("shape", SHAPES)
def test_affine_steps_are_scipys_affine_transform(shape: tuple[int, int]) -> None:
    pixels = noise(3, shape)
    moves = [(1.5, -2, 20, 30, 1.3), (-0.3, 0.7, -75, 8, 0.8), (0, 0, 160, -10, 1)]
    down, right, turn, slant, growth = (each(*column) for column in zip(*moves, strict=True))
    found = affine(jnp.asarray(pixels), down, right, turn, slant, growth)
    middle = (np.array(shape) - 1) / 2
    for picture, move, result in zip(pixels, moves, found, strict=True):
        # Forwards, in (row, column) with rows downwards: grow, lean to the right, turn, move.
        sine, cosine = np.sin(np.radians(move[2])), np.cos(np.radians(move[2]))
        lean = np.array([[1, 0], [-np.tan(np.radians(move[3])), 1]])
        back = np.linalg.inv(np.array([[cosine, -sine], [sine, cosine]]) @ lean * move[4])
        offset = middle - back @ (middle + np.array(move[:2]))
        exact = ndimage.affine_transform(picture.astype(float), back, offset, order=1, mode="grid-constant")
        assert_rounded(result, exact)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("down", "right"), [(0, 0), (3, 0), (0, -2), (-1, 4), (40, 1)])
def test_a_shift_by_whole_pixels_is_a_roll(shape: tuple[int, int], down: int, right: int) -> None:
    pixels, frame = noise(2, shape), 40
    framed = np.pad(pixels, ((0, 0), (frame, frame), (frame, frame)))
    rolled = np.roll(framed, (down, right), axis=(1, 2))[:, frame:-frame, frame:-frame]
    found = look(jnp.asarray(pixels), shifted(grid(*shape), each(down, down), each(right, right)))
    np.testing.assert_array_equal(found, rolled)


@pytest.mark.parametrize("quarters", [-1, 1, 2, 3])
def test_a_quarter_turn_is_rot90(quarters: int) -> None:
    pixels = noise(2, (28, 28))
    found = look(jnp.asarray(pixels), rotated(grid(28, 28), each(90 * quarters, 90 * quarters)))
    np.testing.assert_array_equal(found, np.rot90(pixels, quarters, axes=(1, 2)))


def test_shear_leans_upright_strokes_to_the_right() -> None:
    upright = np.zeros((1, 21, 21), np.uint8)
    upright[:, :, 10] = 200
    leaning = np.asarray(look(jnp.asarray(upright), sheared(grid(21, 21), each(30))))[0]
    places = leaning[4:17] @ np.arange(21) / leaning[4:17].sum(axis=1)
    np.testing.assert_allclose(places, 10 + np.tan(np.pi / 6) * (10 - np.arange(4, 17)), atol=0.01)


@pytest.mark.parametrize("factor", [0.5, 0.8, 1.25, 2.0])
def test_scaling_grows_the_ink_by_the_square(factor: float) -> None:
    found = look(jnp.asarray(blob()), scaled(grid(28, 28), each(factor)))
    assert float(np.sum(found)) == pytest.approx(factor**2 * blob().sum(), rel=0.02)


@pytest.mark.parametrize("shape", SHAPES)
def test_extremes_are_scipys_grey_morphology(shape: tuple[int, int]) -> None:
    pixels, square = noise(4, shape), {"size": (1, 3, 3), "mode": "constant", "cval": 0}
    largest, smallest = (extreme(jnp.asarray(pixels), choose) for choose in (jnp.maximum, jnp.minimum))
    np.testing.assert_array_equal(largest, ndimage.grey_dilation(pixels, **square))
    np.testing.assert_array_equal(smallest, ndimage.grey_erosion(pixels, **square))


def test_stroke_blends_with_the_extremes() -> None:
    pixels, square = noise(5, (28, 28)), {"size": (3, 3), "mode": "constant", "cval": 0}
    found = stroked(jnp.asarray(pixels), each(2, 0.7, 0, -0.7, -2))
    ink = pixels.astype(np.float64)
    np.testing.assert_array_equal(found[0], ndimage.grey_dilation(pixels[0], **square))
    assert_rounded(found[1], ink[1] + 0.35 * (ndimage.grey_dilation(ink[1], **square) - ink[1]))
    np.testing.assert_array_equal(found[2], pixels[2])
    assert_rounded(found[3], ink[3] + 0.35 * (ndimage.grey_erosion(ink[3], **square) - ink[3]))
    np.testing.assert_array_equal(found[4], ndimage.grey_erosion(pixels[4], **square))


@given(st.floats(-2, 2, width=32))
def test_stroke_is_the_width_added(width: float) -> None:
    bar = np.zeros((1, 5, 20), np.uint8)
    bar[:, :, 8:12] = 255
    found = np.asarray(stroked(jnp.asarray(bar), each(width)))[0, 2] / 255
    assert found.sum() == pytest.approx(4 + width, abs=0.01)


@pytest.mark.parametrize(("size", "sigma"), [(28, 4), (28, 1), (8, 8 / 7), (60, 4), (28, 28), (1, 4)])
def test_smoothing_correlates_like_white_noise_through_a_gaussian(size: int, sigma: float) -> None:
    matrix = gaussian(size, sigma).astype(np.float64)
    apart = np.arange(size)[:, None] - np.arange(size)[None, :]
    np.testing.assert_allclose(matrix @ matrix.T, np.exp(-(apart**2) / (4 * sigma**2)), atol=0.01)


def test_fields_have_mean_0_and_variance_1_at_every_pixel() -> None:
    fields = np.asarray(smooth_field((4000, 9, 6), 2, KEY))
    assert fields.dtype == np.float32
    np.testing.assert_allclose(fields.mean(axis=1), 0, atol=0.08)
    np.testing.assert_allclose(fields.var(axis=1), 1, atol=0.12)
    np.testing.assert_allclose((fields[0] * fields[1]).mean(axis=0), 0, atol=0.08)


@pytest.mark.parametrize("shape", SHAPES)
def test_elastic_is_the_root_mean_square_of_the_way(shape: tuple[int, int]) -> None:
    nothing, (rows, columns) = [each(*np.zeros(2000))] * 5, grid(*shape)
    points = random_points(Augmentation(elastic=1.2), (2000, *shape), nothing, KEY)
    square = np.mean(np.square(points.rows - rows) + np.square(points.columns - columns))
    assert np.sqrt(square) == pytest.approx(1.2 * shape[0] / 28, rel=0.03)


@pytest.mark.parametrize("shape", [(28, 28), (8, 8), (14, 30)])
def test_the_setting_is_the_most_an_image_moves(shape: tuple[int, int]) -> None:
    height, width = shape
    pixels = np.zeros((2000, height, width), np.uint8)
    pixels[:, height // 2, width // 2] = 255
    moved = centres(augment(jnp.asarray(pixels), Augmentation(shift=6), key=KEY)) - centres(pixels[:1])
    most = 6 * height / 28
    assert np.abs(moved).max() <= most + 0.01
    for way in moved.T:
        assert (way.min(), way.max()) == pytest.approx((-most, most), abs=0.02 * most)
        assert (way.mean(), way.std()) == pytest.approx((0, most / np.sqrt(3)), abs=0.05 * most)
    assert abs(np.mean(moved[:, 0] * moved[:, 1])) < 0.05 * most**2


def test_turns_and_sizes_stay_within_the_settings() -> None:
    marks = np.zeros((2000, 29, 29), np.uint8)
    marks[:, 14, 24] = 255
    row, column = (centres(augment(jnp.asarray(marks), Augmentation(rotate=30), key=KEY)) - 14).T
    turns = np.degrees(np.arctan2(-row, column))
    assert (turns.min(), turns.max()) == pytest.approx((-30, 30), abs=1)
    changed = np.asarray(augment(many(blob(), 2000), Augmentation(scale=0.5), key=KEY))
    factors = np.sqrt(changed.sum(axis=(1, 2)) / blob().sum())
    assert (factors.min(), factors.max()) == pytest.approx((1 / 1.5, 1.5), rel=0.02)
    assert np.mean(np.log(factors)) == pytest.approx(0, abs=0.03)


def test_ink_is_roughly_kept(digits: tuple[Dataset, Dataset]) -> None:
    framed = np.pad(digits[0].pixels[:300], ((0, 0), (10, 10), (10, 10)))
    changed = np.asarray(augment(jnp.asarray(framed), EVERYTHING, key=KEY))
    assert changed.mean() == pytest.approx(framed.mean(), rel=0.1)


def test_paper_stays_paper() -> None:
    assert not augment(jnp.zeros((8, 28, 28), jnp.uint8), EVERYTHING, key=KEY).any()


def test_off_returns_the_same_pixels() -> None:
    pixels = jnp.asarray(noise(3, (28, 28)))
    assert augment(pixels, Augmentation(), key=KEY) is pixels
    assert augment(pixels, Augmentation(elastic_scale=7), key=KEY) is pixels


STEPS: list[dict[str, float]] = [
    {"shift": 2},
    {"rotate": 12},
    {"scale": 0.12},
    {"shear": 8},
    {"stroke": 0.7},
    {"elastic": 1.2},
]


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        *((Augmentation(**step), "threefry2x32") for step in STEPS),
        (EVERYTHING, "threefry2x32"),
        (EVERYTHING, "rbg"),
    ],
    ids=[*("".join(step) for step in STEPS), "everything", "rbg"],
)
def test_the_key_decides_and_each_image_draws_its_own(settings: Augmentation, kind: str) -> None:
    pixels, key = many(noise(1, (28, 28)), 8), jax.random.key(1, impl=kind)
    changed = np.asarray(augment(pixels, settings, key=key))
    np.testing.assert_array_equal(augment(pixels, settings, key=key), changed)
    assert len({picture.tobytes() for picture in [*changed, np.asarray(pixels[0])]}) == 9
    assert (augment(pixels, settings, key=jax.random.key(2, impl=kind)) != changed).any()


@pytest.mark.parametrize("step", [{"shift": 2}, {"shear": 8}, {"stroke": 0.7}], ids="".join)
def test_a_step_draws_the_same_whatever_else_is_on(step: dict[str, float]) -> None:
    pixels, hardly = many(blob(), 8), dict.fromkeys(["shift", "rotate", "scale", "shear", "stroke"], 1e-9)
    alone = augment(pixels, Augmentation(**step), key=KEY)
    beside = augment(pixels, Augmentation(**(hardly | step)), key=KEY)
    np.testing.assert_allclose(np.asarray(alone, np.float64), beside, atol=1)


@pytest.mark.optimized
def test_scanned_and_vmapped_it_is_the_same() -> None:
    # Seven at once, as in no other test: what others have compiled, in a hurry, is not taken.
    batches, keys = jnp.asarray(noise(21, (28, 28)).reshape(3, 7, 28, 28)), jax.random.split(KEY, 3)
    alone = [augment(batch, EVERYTHING, key=key) for batch, key in zip(batches, keys, strict=True)]

    def change(batch: jax.Array, key: jax.Array) -> jax.Array:
        return augment(batch, EVERYTHING, key=key)

    _, scanned = jax.lax.scan(lambda none, batch: (none, change(*batch)), None, (batches, keys))
    np.testing.assert_array_equal(scanned, np.stack(alone))
    np.testing.assert_array_equal(jax.vmap(change)(batches, keys), np.stack(alone))


@pytest.mark.optimized
@pytest.mark.skipif(jax.default_backend() != "cpu", reason="only the compiler for CPUs needs it")
def test_the_compiler_leaves_the_steps_apart() -> None:
    pixels = jnp.zeros((8, 28, 28), jnp.uint8)
    compiled = jax.jit(lambda pixels, key: augment(pixels, EVERYTHING, key=key)).lower(pixels, KEY).compile()
    lines = (compiled.as_text() or "").splitlines()
    calls = [line for line in lines if " call(" in line and "inlineable" in line]
    assert len(calls) == 3, "stroke, warp, and the gather in it: else augment takes five times as long"


@pytest.mark.parametrize(
    ("shape", "elastic_scale"), [((28, 28), 1), ((8, 8), 1), ((9, 5), 28), ((5, 12), 28)]
)
def test_the_largest_settings_still_give_pictures(shape: tuple[int, int], elastic_scale: float) -> None:
    largest = Augmentation(14, 180, 1, 45, 2, 7, elastic_scale)
    changed = augment(jnp.asarray(noise(2, shape)), largest, key=KEY)
    assert (changed.shape, changed.dtype) == ((2, *shape), jnp.uint8)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"shift": -1}, "shift must be a number from 0 to 14, not -1"),
        ({"shift": 14.1}, "shift must be a number from 0 to 14, not 14.1"),
        ({"shift": True}, "shift must be a number from 0 to 14, not True"),
        ({"shift": "2"}, "shift must be a number from 0 to 14, not '2'"),
        ({"shift": None}, "shift must be a number from 0 to 14, not None"),
        ({"rotate": 181}, "rotate must be a number from 0 to 180, not 181"),
        ({"rotate": float("nan")}, "rotate must be a number from 0 to 180, not nan"),
        ({"scale": float("inf")}, "scale must be a number from 0 to 1, not inf"),
        ({"scale": -float("inf")}, "scale must be a number from 0 to 1, not -inf"),
        ({"shear": 46}, "shear must be a number from 0 to 45, not 46"),
        ({"stroke": 2.5}, "stroke must be a number from 0 to 2, not 2.5"),
        ({"elastic": 8}, "elastic must be a number from 0 to 7, not 8"),
        ({"elastic_scale": 0}, "elastic_scale must be a number from 1 to 28, not 0"),
        ({"elastic_scale": np.bool_(True)}, "elastic_scale must be a number from 1 to 28, not "),
    ],
)
def test_settings_out_of_range(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Augmentation(**settings)


def test_settings_are_numbers_of_any_kind_and_can_be_static() -> None:
    numbers: dict[str, Any] = {"shift": np.float32(2), "scale": np.float64(0.5), "elastic": np.int64(1)}
    settings = Augmentation(**numbers)
    assert settings == Augmentation(shift=2.0, scale=0.5, elastic=1)
    assert hash(settings) == hash(Augmentation(shift=2, scale=0.5, elastic=1.0))
    assert augment(jnp.asarray(noise(2, (8, 8))), settings, key=KEY).dtype == jnp.uint8


def test_what_is_on() -> None:
    assert Augmentation().is_off
    assert not Augmentation(stroke=1).is_off
    assert not Augmentation(stroke=1).warps
    for step in ("shift", "rotate", "scale", "shear", "elastic"):
        on = Augmentation(**{step: 0.5})
        assert on.warps
        assert not on.is_off


def test_strokes_of_large_pictures_change_by_no_more_than_one_dilation() -> None:
    pixels = jnp.asarray(np.random.default_rng(0).integers(0, 256, (40, 64, 64)), jnp.uint8)
    changed = np.asarray(augment(pixels, Augmentation(stroke=2), key=jax.random.key(1)))
    widest = np.stack(
        [ndimage.grey_dilation(image, size=(3, 3), mode="constant") for image in np.asarray(pixels)]
    )
    assert (changed <= widest).all()
