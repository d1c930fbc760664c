#[test]
fn dbg() {
    let f = std::env::var("F").unwrap();
    let n = std::env::var("T").unwrap();
    let d = std::fs::read(f).unwrap();
    let t = ballast_fuzz::TARGETS.iter().find(|t| t.0 == n).unwrap().1;
    // shrink: truncation and zeroing
    let fails = |d: &[u8]| std::panic::catch_unwind(|| t(d)).is_err();
    std::panic::set_hook(Box::new(|_| {}));
    if !fails(&d) {
        let _ = std::panic::take_hook();
        println!("passes: {}", t(&d));
        return;
    }
    let mut best = d.clone();
    loop {
        let mut changed = false;
        for n in [256, 64, 16, 4, 1] {
            let mut i = 0;
            while i + n <= best.len() {
                let mut c = best.clone();
                c.drain(i..i + n);
                if fails(&c) {
                    best = c;
                    changed = true
                } else {
                    i += n
                }
            }
        }
        for i in 0..best.len() {
            for v in [0u8, best[i] >> 1, best[i].wrapping_sub(1)] {
                if best[i] > v {
                    let mut c = best.clone();
                    c[i] = v;
                    if fails(&c) {
                        best = c;
                        changed = true
                    }
                }
            }
        }
        if !changed {
            break;
        }
    }
    let _ = std::panic::take_hook();
    println!("{} bytes: {:02x?}", best.len(), best);
    std::fs::write("/tmp/shrunk", &best).unwrap();
    t(&best);
}
