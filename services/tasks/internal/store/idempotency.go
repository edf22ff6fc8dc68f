package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/services/wirejson"
)

// IdempotencyKey names a request that may arrive several times.
type IdempotencyKey struct {
	// Key is the client's name for the request.
	Key string
	// Request is a digest of the request's content.
	Request [32]byte
}

// storedOutcome is the data stored for a key.
type storedOutcome struct {
	request  []byte
	storedAt time.Time
	// snapshots are the resources of the outcome as JSON, in order.
	snapshots [][]byte
}

// find queues the lookup of the key. It sets found unless the key is new.
func (key IdempotencyKey) find(batch *pgx.Batch, user string, found **storedOutcome) {
	batch.Queue("SELECT request, created_at, snapshot FROM tasklane.idempotency_keys WHERE user_id = $1 AND key = $2 ORDER BY place", user, key.Key).
		Query(func(rows pgx.Rows) error {
			var k storedOutcome
			var snapshot []byte
			_, err := pgx.ForEachRow(rows, []any{&k.request, &k.storedAt, &snapshot}, func() error {
				k.snapshots = append(k.snapshots, bytes.Clone(snapshot))
				*found = &k
				return nil
			})
			return err
		})
}

// save returns the statements that store the outcome of a write, and the sum of its sizes. They
// store no data of an erased resource.
func (key IdempotencyKey) save(user string, written []*resource, now time.Time) (statements []statement, sum int64, err error) {
	for place, r := range written {
		outcome, size := r.kind.resource(r.row), r.kind.size(r.row)
		if r.erased {
			outcome.Data, size = nil, rowSize
		}
		snapshot, err := wirejson.Marshal(outcome)
		if err != nil {
			return nil, 0, err
		}
		sum += size
		statements = append(statements, statement{
			text: "INSERT INTO tasklane.idempotency_keys (user_id, key, place, request, resource, snapshot, size, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
			args: []any{user, key.Key, place, key.Request[:], [16]byte(outcome.ID), snapshot, size, now},
		})
	}
	return statements, sum, nil
}

// eraseSnapshots removes the data of an erased resource ($2) from stored outcomes. Each of
// their rows then has the size [rowSize].
var eraseSnapshots = eraseSnapshotsOf("resource = $2")

// eraseSnapshotsOf does the same for the rows of idempotency_keys that meet a condition.
func eraseSnapshotsOf(condition string) string {
	return `WITH sizes AS (
		SELECT sum(size - 100) AS freed FROM tasklane.idempotency_keys WHERE user_id = $1 AND ` + condition + `
	), erased AS (
		UPDATE tasklane.idempotency_keys
		SET snapshot = convert_to((convert_from(snapshot, 'UTF8')::jsonb - 'Data')::text, 'UTF8'), size = 100
		WHERE user_id = $1 AND ` + condition + `
	)
	UPDATE tasklane.user_state SET bytes = bytes - freed FROM sizes WHERE user_id = $1 AND freed > 0`
}

// replay returns the stored outcome, or [ErrKeyReused] if it belongs to another request.
func (s *Store) replay(k storedOutcome, key IdempotencyKey) (Outcome, error) {
	if !bytes.Equal(k.request, key.Request[:]) {
		return Outcome{}, ErrKeyReused
	}
	out := Outcome{Resources: make([]Resource, len(k.snapshots)), Replayed: true}
	for i, snapshot := range k.snapshots {
		var r struct {
			Resource
			Data json.RawMessage
		}
		err := json.Unmarshal(snapshot, &r)
		if err != nil {
			return Outcome{}, fmt.Errorf("decode the snapshot of an idempotency key: %w", err)
		}
		kind, err := s.kindOf(r.Kind)
		switch {
		case err != nil:
		case r.Data == nil || string(r.Data) == "null":
			out.Erased = true
			r.Resource = kind.withoutContent(r.ID, r.Version, k.storedAt)
		default:
			r.Resource.Data, err = kind.decode(r.Data)
		}
		if err != nil {
			return Outcome{}, fmt.Errorf("decode the snapshot of an idempotency key: %w", err)
		}
		out.Resources[i] = r.Resource
	}
	return out, nil
}

// withoutContent returns an erased resource without its content, with the time when the
// outcome was stored.
func (k *kind) withoutContent(id uuid.UUID, version int64, storedAt time.Time) Resource {
	r := k.blank()
	*r.shared() = meta{ID: id, Version: version, CreatedAt: storedAt, UpdatedAt: storedAt}
	k.normalize(r)
	return k.resource(r)
}
