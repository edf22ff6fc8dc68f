package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// IdempotencyKey names a request that may arrive several times.
type IdempotencyKey struct {
	// Key is the client's name for the request.
	Key string
	// Request is a digest of what the request asks for.
	Request [32]byte
}

// kept is what the database keeps under a key.
type kept struct {
	request []byte
	// snapshot is the JSON of the resources of the outcome.
	snapshot []byte
}

// find queues the lookup of the key. found stays nil if the key is new.
func (key IdempotencyKey) find(batch *pgx.Batch, user string, found **kept) {
	batch.Queue("SELECT request, snapshot FROM tasklane.idempotency_keys WHERE user_id = $1 AND key = $2", user, key.Key).
		Query(func(rows pgx.Rows) error {
			var k kept
			_, err := pgx.ForEachRow(rows, []any{&k.request, &k.snapshot}, func() error {
				*found = &k
				return nil
			})
			return err
		})
}

// keep returns the statement that keeps the outcome of a write.
func (key IdempotencyKey) keep(user string, out Outcome, now time.Time) (statement, error) {
	snapshot, err := json.Marshal(out.Resources)
	return statement{
		text: "INSERT INTO tasklane.idempotency_keys (user_id, key, request, snapshot, created_at) VALUES ($1, $2, $3, $4, $5)",
		args: []any{user, key.Key, key.Request[:], snapshot, now},
	}, err
}

// replay returns the outcome again, or [ErrKeyReused] where it belongs to
// another request.
func (s *Store) replay(k kept, key IdempotencyKey) (Outcome, error) {
	if !bytes.Equal(k.request, key.Request[:]) {
		return Outcome{}, ErrKeyReused
	}
	var snapshot []struct {
		Resource
		Data json.RawMessage
	}
	if err := json.Unmarshal(k.snapshot, &snapshot); err != nil {
		return Outcome{}, fmt.Errorf("decode the snapshot of an idempotency key: %w", err)
	}
	out := Outcome{Resources: make([]Resource, len(snapshot)), Replayed: true}
	for i, r := range snapshot {
		kind, err := s.kindOf(r.Kind)
		if err == nil {
			r.Resource.Data, err = kind.decode(r.Data)
		}
		if err != nil {
			return Outcome{}, fmt.Errorf("decode the snapshot of an idempotency key: %w", err)
		}
		out.Resources[i] = r.Resource
	}
	return out, nil
}
