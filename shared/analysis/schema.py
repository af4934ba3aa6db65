"""The report, field by field: ``validation`` and docs/report.schema.json are made from these types."""

from dataclasses import dataclass
from typing import Annotated, Literal, NotRequired, TypedDict


@dataclass(frozen=True, kw_only=True)
class Field:
    """What a type can't say about a field.

    Args:
        text: A description, with the unit.
        low: The least value of a number, or length of a list; None for any.
        high: The greatest value of a number, or length of a list; None for any.
        length: Characters of a text at most.
        pattern: That a text must match.
    """

    text: str
    low: float | None = None
    high: float | None = None
    length: int | None = None
    pattern: str | None = None


_SHORT = 128
_HEX_COLOUR = "^#[0-9a-f]{6}$"
_HEX_64 = "^[0-9a-f]{16}$"

Code = Annotated[str, Field(text="A code, perhaps with a name behind a colon", pattern="^[a-z_]+(:[a-z0-9_]+)?$")]
Flag = Literal["blurred", "dark", "bright", "low_contrast"]
AiHint = Literal[
    "trainedAlgorithmicMedia",
    "compositeWithTrainedAlgorithmicMedia",
    "stable-diffusion-webui",
    "comfyui",
    "invokeai",
    "novelai",
]


class Error(TypedDict):
    """The limit that the image is over, so that the rest is missing."""

    code: Annotated[Code, Field(text="Which limit the image is over")]
    message: Annotated[str, Field(text="One sentence with the figure and the limit")]


class Source(TypedDict):
    """The blob: what storage says about it, and what its bytes say."""

    name: Annotated[str, Field(text="Its name within the container")]
    etag: Annotated[str, Field(text="Its version")]
    bytes: Annotated[int, Field(text="Its length", low=0)]
    sha256: Annotated[str | None, Field(text="Hash of its bytes; null if it was not read", pattern="^[0-9a-f]{64}$")]
    declared_type: Annotated[str | None, Field(text="The content type that the uploader gave, unchecked")]
    mime: Annotated[
        str | None, Field(text="Its type by its bytes; null if it was not read", pattern="^image/[a-z0-9.+-]+$")
    ]
    type_mismatch: Annotated[bool | None, Field(text="Whether another type was declared; null if it was not read")]


class Image(TypedDict):
    """What the file's header says about the image."""

    format: Annotated[str, Field(text="Name of the format in lower case")]
    width_px: Annotated[int, Field(text="Stored width", low=1)]
    height_px: Annotated[int, Field(text="Stored height", low=1)]
    display_width_px: Annotated[int, Field(text="Width after orientation", low=1)]
    display_height_px: Annotated[int, Field(text="Height after orientation", low=1)]
    orientation: Annotated[int, Field(text="EXIF orientation; 1 is upright", low=1, high=8)]
    mode: Annotated[str, Field(text="Pillow's name of the stored pixels", length=8)]
    has_alpha: Annotated[bool, Field(text="Whether some pixels may be transparent")]
    animated: Annotated[bool, Field(text="Whether there is more than one frame; only the first is analysed")]
    frames: Annotated[int, Field(text="How many frames there are", low=1)]
    progressive: Annotated[bool, Field(text="Whether it is a JPEG in several passes or an interlaced PNG")]
    jpeg_quality: Annotated[
        int | None,
        Field(
            text="IJG quality whose table is nearest to the file's; null for other formats and abbreviated files",
            low=1,
            high=100,
        ),
    ]
    icc: Annotated[str | None, Field(text="Name of the colour profile", length=_SHORT)]


class Exif(TypedDict):
    """How and when the picture was taken, as the file says; null for what is missing, unreadable or absurd."""

    make: Annotated[str | None, Field(text="Who made the camera", length=_SHORT)]
    model: Annotated[str | None, Field(text="The camera", length=_SHORT)]
    lens: Annotated[str | None, Field(text="The lens", length=_SHORT)]
    software: Annotated[str | None, Field(text="What wrote the file", length=_SHORT)]
    taken_at: Annotated[
        str | None,
        Field(text="By the camera's clock, without a zone", pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$"),
    ]
    taken_at_offset: Annotated[str | None, Field(text="Zone of that clock", pattern=r"^[+-]\d\d:\d\d$")]
    exposure_s: Annotated[float | None, Field(text="Seconds of exposure", low=0, high=86_400)]
    f_number: Annotated[float | None, Field(text="Aperture", low=0, high=1_000)]
    iso: Annotated[int | None, Field(text="Sensitivity, ISO 12232", low=1)]
    focal_mm: Annotated[float | None, Field(text="Focal length in mm", low=0, high=100_000)]
    focal_35mm: Annotated[int | None, Field(text="The same in terms of 35 mm film, in mm", low=1)]


class Gps(TypedDict):
    """Where the picture was taken, WGS 84."""

    lat_deg: Annotated[float, Field(text="Degrees, north positive", low=-90, high=90)]
    lon_deg: Annotated[float, Field(text="Degrees, east positive", low=-180, high=180)]
    alt_m: Annotated[float | None, Field(text="Metres above sea level", low=-100_000, high=100_000)]


class Privacy(TypedDict):
    """What the file tells about its place."""

    has_gps: Annotated[bool, Field(text="Whether the file has a position, readable or not")]
    gps: Annotated[Gps | None, Field(text="The position; null unless INCLUDE_GPS is true")]


class Provenance(TypedDict):
    """What the file says about its origin: hints, which anyone can write or remove."""

    c2pa_present: Annotated[bool, Field(text="Whether there is a C2PA manifest; its signature is not checked")]
    ai_hint: Annotated[
        AiHint | None, Field(text="IPTC source type that names a trained model, or the generator that wrote notes")
    ]


class Quality(TypedDict):
    """How good the picture is technically, by the grey values of the working image."""

    blur: Annotated[float | None, Field(text="Crete-Roffet blur effect; null when nothing changes", low=0, high=1)]
    brightness: Annotated[float, Field(text="Mean grey; 1 is white", low=0, high=1)]
    contrast: Annotated[float, Field(text="Standard deviation; 1 is half black, half white", low=0, high=1)]
    shadow_clip: Annotated[float, Field(text="Share of pixels that are black or nearly black", low=0, high=1)]
    highlight_clip: Annotated[float, Field(text="Share of pixels that are white or nearly white", low=0, high=1)]
    entropy_bits: Annotated[float, Field(text="Shannon entropy of the histogram", low=0, high=8)]
    flags: Annotated[list[Flag], Field(text="Conspicuous properties", high=4)]


class Swatch(TypedDict):
    """One colour of a palette."""

    hex: Annotated[str, Field(text="sRGB", pattern=_HEX_COLOUR)]
    share: Annotated[float, Field(text="Share of the image", low=0, high=1)]


class Color(TypedDict):
    """The colours of the working image."""

    mean: Annotated[str, Field(text="Mean of the coded values, sRGB", pattern=_HEX_COLOUR)]
    colorfulness: Annotated[float, Field(text="Hasler-Suesstrunk; 0 is grey, above 100 extremely colourful", low=0)]
    palette: Annotated[list[Swatch], Field(text="Colours that represent the image, by share", low=1, high=6)]


class Hash(TypedDict):
    """Perceptual hashes; near duplicates are within 10 bits by phash."""

    dhash: Annotated[str, Field(text="64 bits", pattern=_HEX_64)]
    phash: Annotated[str, Field(text="64 bits", pattern=_HEX_64)]


class Placeholder(TypedDict):
    """What to show until the image is loaded."""

    blurhash: Annotated[str, Field(text="4 x 3 components", pattern=r"^[0-9A-Za-z#$%*+,.:;=?@\[\]^_{|}~-]{28}$")]


class Thumbnail(TypedDict):
    """The small copy."""

    container: NotRequired[Annotated[str, Field(text="Container of its blob")]]
    name: NotRequired[Annotated[str, Field(text="Name of its blob")]]
    width_px: Annotated[int, Field(text="Width", low=1)]
    height_px: Annotated[int, Field(text="Height", low=1)]
    bytes: Annotated[int, Field(text="Length", low=1)]
    mime: Annotated[str, Field(text="MIME type", pattern="^image/(png|jpeg|webp)$")]


class Timing(TypedDict):
    """Durations in milliseconds."""

    download_ms: NotRequired[Annotated[float, Field(text="Download from storage", low=0)]]
    decode_ms: Annotated[float, Field(text="From bytes to the working image", low=0)]
    analyze_ms: Annotated[float, Field(text="Rest of the analysis", low=0)]
    total_ms: NotRequired[Annotated[float, Field(text="Download, waiting and analysis", low=0)]]


class Report(TypedDict):
    """The result for one version of one image. Further analyzers add further sections."""

    schema: Annotated[Literal[1], Field(text="Version of this schema; readers must refuse a higher one")]
    analyzer: Annotated[str, Field(text="Who made it: name/version", pattern=r"^[a-z]+/[0-9.]+")]
    status: Annotated[Literal["ok", "partial"], Field(text="partial: over a limit, so only what needs no decoding")]
    error: NotRequired[Annotated[Error, Field(text="Only in partial reports")]]
    warnings: Annotated[list[Code], Field(text="What was ignored or left out")]
    source: Source
    image: NotRequired[Image]
    exif: NotRequired[Exif]
    privacy: NotRequired[Privacy]
    provenance: NotRequired[Provenance]
    quality: NotRequired[Quality]
    color: NotRequired[Color]
    hash: NotRequired[Hash]
    placeholder: NotRequired[Placeholder]
    thumbnail: NotRequired[Thumbnail]
    timing: Timing
