"""Modified backpropagation: one plain forward pass of the untouched module, then one backward pass by rules.

`recording` watches the forward pass, `operations` names what it sees, `propagation` and `rectifiers` say what
each operation becomes, `ruled` runs it. LRP's own: `layers`, `rules` (and `layer_rules`, their values), `composites`,
`traces` of constants on their way to a layer, `contrast`, `bounds`, `module_tensors`. `averaged_maps` and
`spreading` go back without a gradient, for VisualBackProp.

`differences` runs DeepLIFT's two passes in step, `difference_rules` says which rule an operation has: one of
`rescale`, of `compound` for softmax and normalisation, or `reveal_cancel`.
"""
