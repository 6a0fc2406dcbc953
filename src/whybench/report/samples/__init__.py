"""Single samples: what the store kept of them, drawn and tabulated for pages."""
