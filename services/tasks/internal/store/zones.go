package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/maypok86/otter/v2"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// maxZones is the maximum number of cached time zones, one for each user.
const maxZones = 100_000

// zones caches users' time zones. Another replica may have changed one, so results that depend
// on it are checked against the user's settings in the same round trip, and recomputed if it
// was stale.
type zones struct{ known *otter.Cache[string, zone] }

// zone is a time zone by its name in the settings.
type zone struct {
	name     string
	location *time.Location
}

// cached returns the cached time zone of a user, or the default.
func (z zones) cached(user string) zone {
	if known, ok := z.known.GetIfPresent(user); ok {
		return known
	}
	return zone{taskapi.DefaultTimeZone, time.UTC}
}

// cache caches a user's time zone. A zone that only a later release knows counts as UTC.
func (z zones) cache(user, name string) zone {
	location, err := taskapi.LoadZone(name)
	if err != nil {
		location = time.UTC
	}
	known := zone{name, location}
	z.known.Set(user, known)
	return known
}

const selectZone = "SELECT time_zone FROM tasklane.settings WHERE user_id = $1"

// runInZone is [Store.run] for statements that depend on a time zone: requested, or that of the
// user's settings if requested is nil.
func (s *Store) runInZone(ctx context.Context, user string, requested *time.Location, queue func(*pgx.Batch, *time.Location)) error {
	if requested != nil {
		return s.run(ctx, setUser(user), func(batch *pgx.Batch) { queue(batch, requested) })
	}
	for guess := s.zones.cached(user); ; {
		var name string
		err := s.run(ctx, setUser(user), func(batch *pgx.Batch) {
			name = taskapi.DefaultTimeZone
			queue(batch, guess.location)
			batch.Queue(selectZone, user).Query(readOptional(&name))
		})
		if err != nil || name == guess.name {
			return err
		}
		guess = s.zones.cache(user, name)
	}
}
