//! Files of other formats made into the ones that Kiln runs.

pub mod llama2c;
