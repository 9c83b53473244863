// ANCHOR: plan
fn plan(day: u32) -> bool {
    day % 2 == 0
}
// ANCHOR_END: plan
