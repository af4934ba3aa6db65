"""Pure rules: what is data and arithmetic alone. No I/O, no clock; steps and storage may both ask them."""
