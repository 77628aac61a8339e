//! The header is laid out as the table in `state.md` says.

use core::mem::offset_of;

use super::Header;

#[test]
fn the_header_is_80_bytes() {
    assert_eq!(size_of::<Header>(), 80);
    assert_eq!(align_of::<Header>(), 8);
}

#[test]
fn the_fields_are_where_the_table_says() {
    let offsets = [
        offset_of!(Header, state),
        offset_of!(Header, vtable),
        offset_of!(Header, lane),
        offset_of!(Header, links),
        offset_of!(Header, id),
        offset_of!(Header, location),
        offset_of!(Header, joiner),
        offset_of!(Header, has_tail),
        offset_of!(Header, taken),
        offset_of!(Header, place),
    ];
    assert_eq!(offsets, [0, 8, 16, 24, 40, 48, 56, 72, 73, 74]);
}
