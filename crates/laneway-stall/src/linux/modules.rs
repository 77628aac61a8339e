//! The files that are loaded, and how to unwind what is in them.

use std::fs::{self, File};
use std::io;
use std::ops::Range;

use framehop::{ExplicitModuleSectionInfo, Module, Unwinder};
use object::read::elf::{FileHeader, ProgramHeader};
use object::read::{ReadCache, ReadRef};
use object::{Endianness, Object, ObjectSection, elf};

use super::handler::{Copied, Registers, STACK};

#[cfg(target_arch = "aarch64")]
use framehop::aarch64::{CacheAarch64 as Cache, UnwindRegsAarch64, UnwinderAarch64 as Native};
#[cfg(target_arch = "x86_64")]
use framehop::x86_64::{CacheX86_64 as Cache, UnwindRegsX86_64, UnwinderX86_64 as Native};

/// More frames than this are a loop, or tell nothing.
const FRAMES: usize = 512;

/// What can be unwound: the files that were loaded when it was last looked.
#[derive(Default)]
pub(super) struct Modules {
    mappings: Vec<Mapping>,
    unwinder: Native<Vec<u8>>,
    cache: Cache,
}

/// A part of a file that can be executed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mapping {
    range: Range<u64>,
    /// Where in the file it begins.
    offset: u64,
    path: String,
}

impl Modules {
    /// Looks which files are loaded now.
    pub(super) fn refresh(&mut self) -> io::Result<()> {
        let maps = fs::read_to_string("/proc/self/maps")?;
        let mappings: Vec<Mapping> = maps.lines().filter_map(Mapping::parse).collect();
        if mappings == self.mappings {
            return Ok(());
        }
        self.unwinder = Native::new();
        self.cache = Cache::new();
        // One that cannot be read is gone, or not a file; its frames are a guess then.
        let modules = mappings.iter().filter_map(Mapping::module);
        modules.for_each(|module| self.unwinder.add_module(module));
        self.mappings = mappings;
        Ok(())
    }

    /// The addresses of the calls that a copy shows, the innermost first; and whether there were more
    /// beyond what was copied.
    pub(super) fn unwind(&mut self, copied: &Copied) -> (Vec<u64>, bool) {
        let Copied { registers, stack } = copied;
        let mut is_cut = false;
        let mut read = |address: u64| {
            let at = address.checked_sub(registers.sp).ok_or(())?;
            let bytes = stack.get(usize::try_from(at).map_err(drop)?..);
            let word = bytes.and_then(|bytes| bytes.first_chunk());
            is_cut |= word.is_none() && stack.len() == STACK;
            Ok(u64::from_le_bytes(*word.ok_or(())?))
        };
        let (unwinder, cache) = (&self.unwinder, &mut self.cache);
        let mut frames = unwinder.iter_frames(registers.pc, native(registers), cache, &mut read);
        let mut addresses = Vec::new();
        // An error is where it cannot go on.
        while let Ok(Some(frame)) = frames.next() {
            addresses.push(frame.address_for_lookup());
            if addresses.len() == FRAMES {
                break;
            }
        }
        (addresses, is_cut)
    }
}

impl Mapping {
    /// A line of `/proc/self/maps`, if what it tells of can be executed.
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.splitn(6, ' ');
        let (range, permissions) = (fields.next()?, fields.next()?);
        let (offset, path) = (fields.next()?, fields.nth(2)?.trim_start());
        if !permissions.contains('x') || !path.starts_with('/') {
            return None;
        }
        let number = |digits| u64::from_str_radix(digits, 16).ok();
        let (start, end) = range.split_once('-')?;
        Some(Self {
            range: number(start)?..number(end)?,
            offset: number(offset)?,
            path: path.to_owned(),
        })
    }

    fn module(&self) -> Option<Module<Vec<u8>>> {
        let cache = ReadCache::new(File::open(&self.path).ok()?);
        let bias = self.bias(&cache)?;
        let file = object::File::parse(&cache).ok()?;
        let section = |name: &str| {
            let section = file.section_by_name(name)?;
            let range = section.address()..section.address() + section.size();
            Some((range, section.uncompressed_data().ok()?.into_owned()))
        };
        let (text_svma, text) = section(".text").unzip();
        let (eh_frame_svma, eh_frame) = section(".eh_frame").unzip();
        let (eh_frame_hdr_svma, eh_frame_hdr) = section(".eh_frame_hdr").unzip();
        let sections = ExplicitModuleSectionInfo {
            text_svma,
            text,
            got_svma: section(".got").map(|(range, _)| range),
            eh_frame_svma,
            eh_frame,
            eh_frame_hdr_svma,
            eh_frame_hdr,
            debug_frame: section(".debug_frame").map(|(_, data)| data),
            ..Default::default()
        };
        let (name, range) = (self.path.clone(), self.range.clone());
        Some(Module::new(name, range, bias, sections))
    }

    /// What is added to the addresses in the file.
    fn bias<'data>(&self, file: impl ReadRef<'data>) -> Option<u64> {
        let header = elf::FileHeader64::<Endianness>::parse(file).ok()?;
        let endian = header.endian().ok()?;
        let segments = header.program_headers(endian, file).ok()?;
        // Others may share its first page.
        let is_code = |it: &&elf::ProgramHeader64<Endianness>| {
            it.p_type(endian) == elf::PT_LOAD && (it.p_flags(endian) & elf::PF_X).0 != 0
        };
        let segment = segments.iter().filter(is_code).find(|it| {
            // The kernel maps whole pages.
            let (start, size) = (it.p_offset(endian) & !0xfff, it.p_filesz(endian));
            (start..it.p_offset(endian) + size).contains(&self.offset)
        })?;
        let in_file = segment.p_vaddr(endian) + self.offset;
        let address = in_file.checked_sub(segment.p_offset(endian))?;
        Some(self.range.start.wrapping_sub(address))
    }
}

#[cfg(target_arch = "x86_64")]
fn native(registers: &Registers) -> UnwindRegsX86_64 {
    UnwindRegsX86_64::new(registers.pc, registers.sp, registers.fp)
}

#[cfg(target_arch = "aarch64")]
fn native(registers: &Registers) -> UnwindRegsAarch64 {
    UnwindRegsAarch64::new(registers.lr, registers.sp, registers.fp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_proc_says() {
        let line = "7f0a1000-7f0b2000 r-xp 00022000 fe:00 1234         /usr/lib/a b.so";
        let mapping = Mapping::parse(line).unwrap();
        assert_eq!(mapping.range, 0x7f0a_1000..0x7f0b_2000);
        assert_eq!(
            (mapping.offset, &*mapping.path),
            (0x22000, "/usr/lib/a b.so")
        );
        assert_eq!(Mapping::parse(&line.replace("r-xp", "rw-p")), None);
        assert_eq!(
            Mapping::parse("7fff0000-7fff2000 r-xp 00000000 00:00 0   [vdso]"),
            None
        );
        assert_eq!(
            Mapping::parse("7fff0000-7fff2000 rw-p 00000000 00:00 0 "),
            None
        );
    }
}
