"""What a file says about its origin: hints, not proof, because anyone can write or remove them.

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

#: Keyword of a PNG text, what the text contains, and the program that writes it.
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
    """Return what a file says about its origin.

    Args:
        blocks: ``manifest``, ``xmp`` and ``texts`` are read; any bytes.

    Returns:
        ``c2pa_present``: there is a manifest; its signature is not checked. ``ai_hint``: the source type that names a
        trained model, otherwise the generator that wrote notes, otherwise None.
    """
    return {"c2pa_present": bool(blocks.manifest), "ai_hint": _source_type(blocks) or _generator(blocks)}


def _source_type(blocks: Blocks) -> AiHint | None:
    """Search the bytes, because a packet may be broken, and a manifest is CBOR."""
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
