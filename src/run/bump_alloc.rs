//! The shim's allocator. The shim lives for a tenth of a millisecond and makes some twenty small allocations; musl's
//! allocator would spend a third of all its instructions on them. This one hands out pieces of one static block and
//! takes nothing back; what does not fit (a command line of a hundred thousand words) comes from the system.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Untouched pages of it cost nothing.
const SIZE: usize = 64 * 1024;

/// See the module's own text. To be used as `#[global_allocator]` of a program that ends at once.
pub struct Bump {
    block: UnsafeCell<[u8; SIZE]>,
    used: AtomicUsize,
}

// SAFETY: a piece of the block is given out once only, claimed through the atomic counter.
unsafe impl Sync for Bump {}

impl Bump {
    /// An allocator with nothing given out.
    pub const fn new() -> Bump {
        Bump { block: UnsafeCell::new([0; SIZE]), used: AtomicUsize::new(0) }
    }

    fn start(&self) -> *mut u8 {
        self.block.get().cast()
    }

    fn owns(&self, at: *mut u8) -> bool {
        (at as usize).wrapping_sub(self.start() as usize) < SIZE
    }
}

impl Default for Bump {
    fn default() -> Bump {
        Bump::new()
    }
}

// SAFETY: pieces lie inside the block, are aligned as asked, never overlap and are never given out twice; everything
// else is the system allocator's, told apart by address.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let start = self.start() as usize;
        let claim = |used: usize| {
            let at = start.checked_add(used)?.checked_next_multiple_of(layout.align())? - start;
            Some((at, at.checked_add(layout.size()).filter(|end| *end <= SIZE)?))
        };
        let mut used = self.used.load(Relaxed);
        while let Some((at, end)) = claim(used) {
            match self.used.compare_exchange_weak(used, end, Relaxed, Relaxed) {
                // SAFETY: `at` is inside the block.
                Ok(_) => return unsafe { self.start().add(at) },
                Err(now) => used = now,
            }
        }
        // SAFETY: the layout is as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        if !self.owns(at) {
            // SAFETY: it is not from the block, so the system allocator gave it out for this layout.
            unsafe { System.dealloc(at, layout) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_aligned_apart_and_inside_and_the_rest_comes_from_the_system() {
        let bump = Bump::new();
        let mut pieces: Vec<(usize, usize)> = Vec::new();
        let mut outside = 0;
        for i in 0..2000usize {
            let layout = Layout::from_size_align(1 + i * 37 % 200, 1 << (i % 7)).unwrap();
            // SAFETY: the layout has a size; every byte of the piece is written before it is given back.
            unsafe {
                let at = bump.alloc(layout);
                assert!(!at.is_null() && (at as usize).is_multiple_of(layout.align()));
                at.write_bytes(0xaa, layout.size());
                if bump.owns(at) {
                    pieces.push((at as usize, layout.size()));
                } else {
                    outside += 1;
                }
                bump.dealloc(at, layout);
            }
        }
        assert!(outside > 0 && pieces.len() > 100);
        assert!(pieces.windows(2).all(|w| w[0].0 + w[0].1 <= w[1].0));
        let end = bump.start() as usize + SIZE;
        assert!(pieces.iter().all(|(at, size)| at + size <= end));
        let huge = Layout::from_size_align(SIZE * 2, 16).unwrap();
        // SAFETY: as above.
        unsafe {
            let at = bump.alloc(huge);
            assert!(!at.is_null() && !bump.owns(at));
            bump.dealloc(at, huge);
        }
    }
}
