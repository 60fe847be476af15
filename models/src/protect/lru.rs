//! A bounded cache that evicts what was read longest ago.
//!
//! Exact LRU over numbered keys, as a doubly linked list in two arrays. Redis evicts approximately (it samples five
//! keys, `maxmemory-samples`); that is left out.

/// Marks the ends of the list and keys that are not stored.
const NONE: u32 = u32::MAX;

/// Keys 0 to n − 1, of which a bounded number is stored.
#[derive(Clone, Debug)]
pub struct Lru {
    room: u32,
    stored: Vec<bool>,
    len: u32,
    newer: Vec<u32>,
    older: Vec<u32>,
    newest: u32,
    oldest: u32,
}

impl Lru {
    /// An empty cache with `room` for so many of `keys` keys.
    ///
    /// # Panics
    /// Without room.
    pub fn new(keys: u32, room: u32) -> Lru {
        assert!(room > 0 && keys < NONE, "{keys} keys with room for {room}");
        let none = vec![NONE; keys as usize];
        Lru {
            room,
            stored: vec![false; keys as usize],
            len: 0,
            newer: none.clone(),
            older: none,
            newest: NONE,
            oldest: NONE,
        }
    }

    /// Reads `key`; whether it is there.
    pub fn read(&mut self, key: u32) -> bool {
        let hit = self.stored[key as usize];
        if hit {
            self.unlink(key);
            self.link(key);
        }
        hit
    }

    /// Stores `key`; what was read longest ago goes where there is no room.
    pub fn store(&mut self, key: u32) {
        if self.read(key) {
            return;
        }
        if self.len == self.room {
            let evicted = self.oldest;
            self.unlink(evicted);
            self.stored[evicted as usize] = false;
        } else {
            self.len += 1;
        }
        self.stored[key as usize] = true;
        self.link(key);
    }

    /// Reads `key` and stores it where it is absent; whether it was there.
    pub fn read_through(&mut self, key: u32) -> bool {
        let hit = self.read(key);
        if !hit {
            self.store(key);
        }
        hit
    }

    fn link(&mut self, key: u32) {
        self.older[key as usize] = self.newest;
        self.newer[key as usize] = NONE;
        match self.newest {
            NONE => self.oldest = key,
            newest => self.newer[newest as usize] = key,
        }
        self.newest = key;
    }

    fn unlink(&mut self, key: u32) {
        let (newer, older) = (self.newer[key as usize], self.older[key as usize]);
        match newer {
            NONE => self.newest = older,
            newer => self.older[newer as usize] = older,
        }
        match older {
            NONE => self.oldest = newer,
            older => self.newer[older as usize] = newer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_read_longest_ago_goes() {
        let mut cache = Lru::new(5, 2);
        // 0 and 1 are stored, 0 is read again, so 2 evicts 1 and then 1 evicts 0.
        let hits = [0, 1, 0, 2, 0, 1, 2].map(|key| cache.read_through(key));
        assert_eq!(hits, [false, false, true, false, true, false, false]);
    }

    #[test]
    fn it_agrees_with_a_list() {
        let mut cache = Lru::new(20, 7);
        let mut list: Vec<u32> = Vec::new();
        for i in 0..2_000_u32 {
            let key = (i * i + 7 * i / 3) % 20;
            let held = list.iter().position(|&k| k == key);
            assert_eq!(cache.read_through(key), held.is_some(), "read {i}");
            if let Some(at) = held {
                list.remove(at);
            }
            list.push(key);
            if list.len() > 7 {
                list.remove(0);
            }
        }
    }
}
