"""What a file says of how it came about; hints, never proof: anyone can write them and anyone can strip them.

Source:
    C2PA Technical Specification 2.1 (2024), A.3: where each format keeps a manifest; IPTC NewsCodes, "Digital Source
    Type", 2024. Text chunks: ``parameters`` of stable-diffusion-webui, ``prompt`` and ``workflow`` of ComfyUI,
    ``invokeai_metadata`` and its forerunners of InvokeAI, ``Software`` of NovelAI, as these programs write them.
"""

import re

from shared.analysis.metadata.blocks import MAX_BLOCK_BYTES, Blocks
from shared.analysis.schema import AiHint, Provenance

_MODEL_MADE = re.compile(rb"(?<![A-Za-z])(trainedAlgorithmicMedia|compositeWithTrainedAlgorithmicMedia)(?![A-Za-z])")
_TYPES: dict[bytes, AiHint] = {
    b"trainedAlgorithmicMedia": "trainedAlgorithmicMedia",
    b"compositeWithTrainedAlgorithmicMedia": "compositeWithTrainedAlgorithmicMedia",
}

#: Keyword of a PNG text, what stands in its text, and who writes that.
_GENERATORS: tuple[tuple[bytes, bytes, AiHint], ...] = (
    (b"parameters", b"Steps: ", "stable-diffusion-webui"),
    (b"prompt", b'"class_type"', "comfyui"),
    (b"workflow", b'"nodes"', "comfyui"),
    (b"invokeai_metadata", b"{", "invokeai"),
    (b"sd-metadata", b"{", "invokeai"),
    (b"Dream", b"", "invokeai"),
    (b"Software", b"NovelAI", "novelai"),
)


def provenance(blocks: Blocks) -> Provenance:
    """Say what a file says of its making.

    Args:
        blocks: Its ``manifest``, ``xmp`` and ``texts`` are looked at; any bytes.

    Returns:
        ``c2pa_present``: there is a manifest, whose signature nobody has checked. ``ai_hint``: the source type that
        names a trained model, else the generator whose notes were found, else None.
    """
    return {"c2pa_present": bool(blocks.manifest), "ai_hint": _source_type(blocks) or _generator(blocks)}


def _source_type(blocks: Blocks) -> AiHint | None:
    """Look by bytes: a packet may be broken, and a manifest is CBOR."""
    for block in (*blocks.xmp, blocks.manifest):
        found = _MODEL_MADE.search(block) if len(block) <= MAX_BLOCK_BYTES else None
        if found:
            return _TYPES[found[1]]
    return None


def _generator(blocks: Blocks) -> AiHint | None:
    for keyword, text in blocks.texts:
        for known, content, name in _GENERATORS:
            if keyword == known and content in text:
                return name
    return None
