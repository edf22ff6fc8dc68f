package store

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// IdempotencyKey names a request that may arrive several times.
type IdempotencyKey struct {
	// Key is the client's name for the request.
	Key string
	// Request is a digest of what the request asks for.
	Request [32]byte
}

// keptAnswer is what stands in the database under a key.
type keptAnswer struct {
	found   bool
	request []byte
	answer  []byte
}

// queue looks the key up.
func (k *keptAnswer) queue(batch *pgx.Batch, user, key string) {
	batch.Queue("SELECT request, answer FROM tasklane.idempotency_keys WHERE user_id = $1 AND key = $2", user, key).
		Query(func(rows pgx.Rows) error {
			_, err := pgx.ForEachRow(rows, []any{&k.request, &k.answer}, func() error {
				k.found = true
				return nil
			})
			return err
		})
}

// outcome returns the answer again, or [ErrKeyReused] where it belongs to
// another request.
func (k *keptAnswer) outcome(key *IdempotencyKey) (Outcome, error) {
	if !bytes.Equal(k.request, key.Request[:]) {
		return Outcome{}, ErrKeyReused
	}
	var rows []taskRow
	if err := json.Unmarshal(k.answer, &rows); err != nil {
		return Outcome{}, fmt.Errorf("read the answer kept with an idempotency key: %w", err)
	}
	out := Outcome{Tasks: make([]taskapi.Task, len(rows)), Replayed: true}
	for i := range rows {
		out.Tasks[i] = rows[i].task()
	}
	return out, nil
}

// keepAnswer stores the tasks of an answer as they are at this point of the
// transaction.
func keepAnswer(user string, key IdempotencyKey, answer []uuid.UUID) statement {
	const (
		one = `
		INSERT INTO tasklane.idempotency_keys (user_id, key, request, answer, created_at)
		SELECT t.user_id, $2, $3, jsonb_build_array(to_jsonb(t) - 'words' - 'title_key'), statement_timestamp()
		FROM tasklane.tasks t WHERE t.user_id = $1 AND t.id = $4`
		several = `
		INSERT INTO tasklane.idempotency_keys (user_id, key, request, answer, created_at)
		SELECT t.user_id, $2, $3, jsonb_agg(to_jsonb(t) - 'words' - 'title_key' ORDER BY answer.place), statement_timestamp()
		FROM unnest($4::uuid[]) WITH ORDINALITY AS answer (id, place)
		JOIN tasklane.tasks t ON t.user_id = $1 AND t.id = answer.id
		GROUP BY t.user_id`
	)
	args := []any{user, key.Key, key.Request[:]}
	if len(answer) == 1 { // planned once, as in selectTasks
		return statement{text: one, args: append(args, [16]byte(answer[0]))}
	}
	return statement{text: several, args: append(args, idBytes(answer))}
}
