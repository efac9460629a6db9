//! One mistake, one message: everything that uses the broken model is as if it were whole.

use dl::prelude::*;

model! {
    /// Digits.
    pub Net(image: [1, 28, 28]) -> [10] {
        image -> conv2d(6, 5) -> max_pool2d(2) as pool -> dens(120) as hidden -> relu -> dense(10) as logits
    }

    pub Whole(x: [2]) -> [1] { x -> dense(1) as out }
}

struct Classifier {
    net: Box<Net>,
    images: Vec<dl::Input<Net>>,
}

impl Classifier {
    fn classify(&self) -> [f32; 10] {
        let mut session = Session::<Net>::on(dl::Cpu::new(), &self.net, 1).unwrap();
        *session.predict_one(&self.images[0])
    }
}

fn main() {
    let classifier = Classifier { net: Net::init(1), images: vec![[[[0.0; 28]; 28]; 1]] };
    println!("{} {}", Net::PARAMETERS, classifier.classify()[3]);
    println!("{}", Whole::init(1).out.weight[0][1]);
    let bias: f32 = classifier.net.logits.bias[9];
    println!("{bias}");
}
