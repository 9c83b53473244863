//! What the processor can do: kernels choose their way by it, and round differently.

/// The instruction sets that matter to ONNX Runtime's kernels and are there.
pub fn features() -> Vec<&'static str> {
    let mut found = Vec::new();
    macro_rules! probe {
        ($detect:ident: $($name:tt)*) => {
            $(if std::arch::$detect!($name) {
                found.push($name);
            })*
        };
    }
    #[cfg(target_arch = "x86_64")]
    probe!(is_x86_feature_detected: "sse4.1" "avx" "f16c" "fma" "avx2" "avxvnni" "avx512f" "avx512bw" "avx512vnni" "avx512bf16");
    #[cfg(target_arch = "aarch64")]
    probe!(is_aarch64_feature_detected: "neon" "fp16" "dotprod" "bf16" "i8mm" "sve");
    found
}

/// The processor in a line: `x86_64 sse4.1 avx fma`.
pub fn describe() -> String {
    let mut words = vec![std::env::consts::ARCH];
    words.extend(features());
    words.join(" ")
}
