//! The files that pages include, beside the pages themselves.

use std::collections::BTreeMap;

use crate::diag::FileId;

/// What was read of the files that pages include, by path in the project.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// The texts.
    pub texts: BTreeMap<String, FileId>,
    /// Why a file was not read.
    pub refused: BTreeMap<String, String>,
}
