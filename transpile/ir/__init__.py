"""The intermediate representation: typed expression trees in a control-flow graph."""
