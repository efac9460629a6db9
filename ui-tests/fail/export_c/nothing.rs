dl::export_c!();

fn main() {}
