package store

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/wirejson"
)

// ChangePage is a page of a user's changes.
type ChangePage struct {
	Changes []taskapi.Change
	// Next is the position to continue from.
	Next taskapi.ChangeCursor
	// More says whether there are more changes already.
	More bool
}

const (
	selectSeq    = "SELECT seq FROM tasklane.user_state WHERE user_id = $1"
	selectPurged = "SELECT purged_seq FROM tasklane.user_state WHERE user_id = $1"
	selectErased = "SELECT kind, id, seq FROM tasklane.erased WHERE user_id = $1 AND seq > $2 ORDER BY seq LIMIT $3"
)

// Changes returns the changes after a position, by state: a resource that changed several
// times appears once, at its latest number. A page ends before the limit when its resources
// reach [pageBytes]. Changes fails with [ErrCursorExpired] if some of the changes have been
// purged, or if the position is after the latest change. The limit must be positive.
func (s *Store) Changes(ctx context.Context, user string, from taskapi.ChangeCursor, limit int) (ChangePage, error) {
	var latest, end, purged int64
	var all []taskapi.Change
	// Each statement sees the database at a different time. The user's latest number is
	// read first, and changes above it are left for the next page, because earlier
	// statements may have missed some just below them. The purged number is read last, so
	// that a purge in between is detected.
	err := s.run(ctx, s.setUserAndPlan(user), func(batch *pgx.Batch) {
		all, end = []taskapi.Change{}, math.MaxInt64
		batch.Queue(selectSeq, user).Query(readNumber(&latest))
		for _, k := range s.kinds {
			size := 0
			batch.Queue(k.selectChanged, user, from.After, limit+1).Query(k.read(func(r row, bytes int) error {
				data, err := wirejson.Marshal(k.wire(r))
				all = append(all, taskapi.Change{Seq: r.shared().Seq, Kind: k.name, ID: r.shared().ID.String(), Data: data})
				if size += bytes; err == nil && size >= pageBytes {
					// Later rows are not read, and are left for the next page.
					end, err = min(end, r.shared().Seq), errEnough
				}
				return err
			}))
		}
		var c taskapi.Change
		var id uuid.UUID
		batch.Queue(selectErased, user, from.After, limit+1).Query(forEach([]any{&c.Kind, (*[16]byte)(&id), &c.Seq}, func() error {
			c.ID = id.String()
			all = append(all, c)
			return nil
		}))
		batch.Queue(selectPurged, user).Query(readNumber(&purged))
	})
	if err != nil {
		return ChangePage{}, fmt.Errorf("list changes: %w", err)
	}
	if from == (taskapi.ChangeCursor{}) {
		from.Began = latest
	}
	if known := max(from.After, from.Began); known > latest || known < purged {
		return ChangePage{}, fmt.Errorf("list changes after %s: %w", from, ErrCursorExpired)
	}
	all = slices.DeleteFunc(all, func(c taskapi.Change) bool { return c.Seq > min(latest, end) })
	slices.SortFunc(all, func(a, b taskapi.Change) int { return cmp.Compare(a.Seq, b.Seq) })
	page := ChangePage{Changes: all, Next: from.At(latest), More: end < latest}
	// Each kind was read up to pageBytes; all of them together end there too.
	size := 0
	for i, c := range all {
		if i == limit || size >= pageBytes {
			page.Changes, page.More = all[:i], true
			break
		}
		size += len(c.Data)
	}
	if page.More {
		page.Next = from.At(page.Changes[len(page.Changes)-1].Seq)
	}
	return page, nil
}

// readNumber reads a number of the user's state, which is 0 before the first change.
func readNumber(n *int64) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		*n = 0
		return readOptional(n)(rows)
	}
}

// readOptional returns a function that reads the row, if there is one, into the targets.
func readOptional(targets ...any) func(pgx.Rows) error {
	return forEach(targets, func() error { return nil })
}

// forEach returns a function that reads each row into the targets, and then calls f.
func forEach(targets []any, f func() error) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, targets, f)
		return err
	}
}
