"""Traps of attention."""

from typing import Any

from padleak.audit.catalogue.parts import classifier, embed, is_real, mean, tokens
from padleak.audit.catalogue.trap import trap
from padleak.models.backend import keras


@trap("NO_MASK", "attention", seen="tensorflow#45854")
def attention_without_a_mask(mended: bool) -> Any:
    """Softmax gives every step its share, fill too."""
    ids = tokens()
    x, mask = embed(ids, mask_zero=False), is_real(ids)
    attention = keras.layers.MultiHeadAttention(2, 4, name="attention")
    x = attention(x, x, attention_mask=mask[:, None] if mended else None)
    return classifier(ids, mean(x, mask))


@trap("MASK_DELETED", "attention_1", seen="keras#20455")
def post_norm_attention(mended: bool) -> Any:
    """`MultiHeadAttention` takes the mask off its own inputs: the residual sum has none, nor has the next block."""
    ids = tokens()
    x = embed(ids)
    for block in ("1", "2"):
        attention = keras.layers.MultiHeadAttention(2, 4, name=f"attention_{block}")
        add, norm = keras.layers.Add(name=f"add_{block}"), keras.layers.LayerNormalization(name=f"norm_{block}")
        if mended:  # pre-norm: the residual branch is another tensor
            seen = norm(x)
            x = add([x, attention(seen, seen)])
        else:
            x = norm(add([x, attention(x, x)]))
    return classifier(ids, mean(x))


@trap("MASK_IGNORED", "attention", seen="keras-hub#2220")
def a_query_mask_of_ones_own(mended: bool) -> Any:
    """`MultiHeadAttention` replaces `query_mask` by what is attached to its query; and it would hide no key."""
    ids = tokens()
    x, mask = embed(ids, mask_zero=False), is_real(ids)
    attention = keras.layers.MultiHeadAttention(2, 4, name="attention")
    x = attention(x, x, attention_mask=mask[:, None]) if mended else attention(x, x, query_mask=mask)
    return classifier(ids, mean(x, mask))


@trap("MASK_LOST", "attention")
def a_value_mask_of_ones_own(mended: bool) -> Any:
    """`value_mask` hides the fill from attention, but only a mask attached to the query goes on from there."""
    ids = tokens()
    x, mask = embed(ids, mask_zero=False), is_real(ids)
    x = keras.layers.MultiHeadAttention(2, 4, name="attention")(x, x, value_mask=mask)
    return classifier(ids, mean(x, mask if mended else None))
