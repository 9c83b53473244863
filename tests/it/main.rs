//! The one test binary: each test binary links everything, so there is only this one.

mod reference;
