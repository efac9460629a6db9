struct LeNet;

dl::export_c!(LeNet);

fn main() {}
