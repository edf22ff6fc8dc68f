package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// BatchError says which operation of a batch failed.
type BatchError struct {
	// Index counts from 0.
	Index int
	Err   error
}

// Error names the operation.
func (e *BatchError) Error() string { return fmt.Sprintf("operation %d: %v", e.Index, e.Err) }

// Unwrap returns why the operation failed.
func (e *BatchError) Unwrap() error { return e.Err }

// Batch carries out operations in order, all or none. Each sees what those
// before it did. A failure is a [BatchError]. The operations must have been
// checked: ids are UUIDs, and the fields that an operation needs are there.
func (s *Store) Batch(ctx context.Context, user string, operations []taskapi.BatchOperation, key *IdempotencyKey) (Outcome, error) {
	var ids []uuid.UUID
	for _, op := range operations {
		if op.Op != taskapi.BatchCreate {
			ids = append(ids, uuid.MustParse(op.ID))
		}
	}
	out, err := s.write(ctx, user, key, ids, func(tx *transaction) error {
		for i, op := range operations {
			if err := tx.operation(op); err != nil {
				return &BatchError{Index: i, Err: err}
			}
		}
		return nil
	})
	if err != nil {
		return Outcome{}, fmt.Errorf("batch: %w", err)
	}
	return out, nil
}

func (tx *transaction) operation(op taskapi.BatchOperation) error {
	if op.Op == taskapi.BatchCreate {
		return tx.create(content(*op.Task))
	}
	id := uuid.MustParse(op.ID)
	var versions []int64
	if op.Version != 0 {
		versions = []int64{op.Version}
	}
	if op.Op == taskapi.BatchDelete {
		return tx.trash(id, versions)
	}
	return tx.edit(id, versions, func(current content) content { return merge(current, *op.Changes) })
}
