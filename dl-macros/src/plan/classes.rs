//! Classes of values that are one memory, with when each lives: union-find.

use super::Place;

/// A value, or (from the number of values on) the gradient to one.
pub type Entity = usize;

/// All classes.
pub struct Classes {
    parent: Vec<Entity>,
    /// The first write and the last read of each class, by its representative.
    lives: Vec<Option<(usize, usize)>>,
    /// Where the caller holds it.
    places: Vec<Option<Place>>,
}

impl Classes {
    /// Makes a class for every entity.
    pub fn new(entities: usize) -> Self {
        Classes { parent: (0..entities).collect(), lives: vec![None; entities], places: vec![None; entities] }
    }
    /// The representative of the class of `entity`.
    pub fn of(&self, mut entity: Entity) -> Entity {
        while self.parent[entity] != entity {
            entity = self.parent[entity];
        }
        entity
    }
    /// Notes that `entity` is there at `time`.
    pub fn extend_lifetime(&mut self, entity: Entity, time: usize) {
        let class = self.of(entity);
        let (first, last) = self.lives[class].unwrap_or((time, time));
        self.lives[class] = Some((first.min(time), last.max(time)));
    }
    /// When it is read last.
    pub fn last(&self, entity: Entity) -> usize {
        self.lives[self.of(entity)].map_or(0, |(_, last)| last)
    }
    /// Notes that the caller holds `entity`.
    pub fn set_place(&mut self, entity: Entity, place: Place) {
        self.places[entity] = Some(place);
    }
    /// Where the caller holds it.
    pub fn place(&self, entity: Entity) -> Option<Place> {
        self.places[self.of(entity)]
    }
    /// Makes two classes one.
    pub fn unite(&mut self, a: Entity, b: Entity) {
        let (a, b) = (self.of(a), self.of(b));
        if a != b {
            self.parent[b] = a;
            self.lives[a] = match (self.lives[a], self.lives[b]) {
                (Some(x), Some(y)) => Some((x.0.min(y.0), x.1.max(y.1))),
                (x, y) => x.or(y),
            };
            self.places[a] = self.places[a].or(self.places[b]);
        }
    }
    /// Whether two entities can be one class: the caller holds at most one of them.
    pub fn can_unite(&self, a: Entity, b: Entity) -> bool {
        self.of(a) == self.of(b) || self.place(a).is_none() || self.place(b).is_none()
    }
    /// The classes that live and that no caller holds, by their lives: representative, first write, last read.
    pub fn unplaced(&self) -> Vec<(Entity, usize, usize)> {
        let lives = (0..self.parent.len()).filter(|&e| self.parent[e] == e && self.places[e].is_none());
        let mut classes: Vec<_> = lives.filter_map(|e| self.lives[e].map(|(first, last)| (e, first, last))).collect();
        classes.sort_by_key(|&(_, first, last)| (first, last));
        classes
    }
}
