//! Classes of values that share memory, with their lifetimes, in a union-find structure.

use super::Place;
use super::entities::Entity;

/// All classes.
pub struct Classes {
    parent: Vec<Entity>,
    /// The first write and the last read of each class, by its representative.
    lives: Vec<Option<(usize, usize)>>,
    /// The argument that holds each entity, if the caller allocates it.
    places: Vec<Option<Place>>,
}

impl Classes {
    /// Returns a class for every entity.
    pub fn new(entities: usize) -> Self {
        Classes { parent: (0..entities).collect(), lives: vec![None; entities], places: vec![None; entities] }
    }
    /// Returns the representative of the class of `entity`.
    pub fn of(&self, mut entity: Entity) -> Entity {
        while self.parent[entity] != entity {
            entity = self.parent[entity];
        }
        entity
    }
    /// Extends the lifetime of `entity` to include `time`.
    pub fn extend_lifetime(&mut self, entity: Entity, time: usize) {
        let class = self.of(entity);
        let (first, last) = self.lives[class].unwrap_or((time, time));
        self.lives[class] = Some((first.min(time), last.max(time)));
    }
    /// Returns the time of the first write of the class of `entity`.
    pub fn first(&self, entity: Entity) -> usize {
        self.lives[self.of(entity)].map_or(0, |(first, _)| first)
    }
    /// Returns the time of the last read of the class of `entity`.
    pub fn last(&self, entity: Entity) -> usize {
        self.lives[self.of(entity)].map_or(0, |(_, last)| last)
    }
    /// Records that the caller allocates `entity`.
    pub fn set_place(&mut self, entity: Entity, place: Place) {
        self.places[entity] = Some(place);
    }
    /// Returns the argument that holds the class of `entity`, if the caller allocates it.
    pub fn place(&self, entity: Entity) -> Option<Place> {
        self.places[self.of(entity)]
    }
    /// Merges two classes.
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
    /// Returns whether two entities can be in one class: the caller may allocate only one of them.
    pub fn can_unite(&self, a: Entity, b: Entity) -> bool {
        self.of(a) == self.of(b) || self.place(a).is_none() || self.place(b).is_none()
    }
    /// Returns the used classes that the caller does not allocate, sorted by lifetime: representative, first write, last read.
    pub fn unplaced(&self) -> Vec<(Entity, usize, usize)> {
        let lives = (0..self.parent.len()).filter(|&e| self.parent[e] == e && self.places[e].is_none());
        let mut classes: Vec<_> = lives.filter_map(|e| self.lives[e].map(|(first, last)| (e, first, last))).collect();
        classes.sort_by_key(|&(_, first, last)| (first, last));
        classes
    }
}
