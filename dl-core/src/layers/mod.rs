//! The weights of layers: structs of nested arrays in PyTorch's memory order.
