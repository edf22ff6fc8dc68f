package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// Operation is one operation on one resource. It must be validated.
type Operation struct {
	Op   taskapi.BatchOp
	Kind taskapi.Kind
	// ID names the resource. It is zero for a creation.
	ID uuid.UUID
	// Versions, unless nil, are the accepted versions of the resource; otherwise the
	// operation fails with a [ConflictError].
	Versions []int64
	// OtherThan are versions that the resource must not have; otherwise the
	// operation fails in the same way.
	OtherThan []int64
	// Data is the request that creates, replaces, updates or moves the resource,
	// for tasks a [taskapi.CreateTaskRequest], [taskapi.ReplaceTaskRequest],
	// [taskapi.UpdateTaskRequest] or [taskapi.MoveTaskRequest]. It is nil for
	// other operations.
	Data any
}

// edits reports whether the operation changes one resource and rarely depends on others.
func (op Operation) edits() bool {
	return op.Op == taskapi.BatchUpdate || op.Op == taskapi.BatchReplace || op.Op == taskapi.BatchDelete
}

// adds reports whether the operation adds a resource outside the trash.
func (op Operation) adds() bool { return op.Op == taskapi.BatchCreate || op.Op == taskapi.BatchRestore }

// Resource is a resource of any kind.
type Resource struct {
	Kind    taskapi.Kind
	ID      uuid.UUID
	Version int64
	// Data is the resource's wire type, such as a [taskapi.Task].
	Data any
}

// Outcome is the result of a write.
type Outcome struct {
	// Resources has a resource for each operation, in order, in its state after the
	// whole write. An erased one has its last state.
	Resources []Resource
	// Replayed says that an earlier request with the same key made the changes, and
	// Erased that some of the resources have been erased since: they have no content.
	Replayed, Erased bool
}

// ConflictError is an [ErrVersionConflict] with the stored resource.
type ConflictError struct {
	Current Resource
}

// Error includes the stored version.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("%v: the resource has version %d", ErrVersionConflict, e.Current.Version)
}

// Is makes the error an [ErrVersionConflict].
func (e *ConflictError) Is(target error) bool { return target == ErrVersionConflict }

// FieldError says that a field of an operation's data has an impossible value, such as the
// id of a resource that does not exist.
type FieldError taskapi.FieldError

// Error names the field and the rule.
func (e *FieldError) Error() string { return e.Field + " " + e.Message }

// BatchError says which operation of a batch failed.
type BatchError struct {
	// Index counts from 0.
	Index int
	Err   error
}

// Error names the operation.
func (e *BatchError) Error() string { return fmt.Sprintf("operation %d: %v", e.Index, e.Err) }

// Unwrap returns the operation's error.
func (e *BatchError) Unwrap() error { return e.Err }

// Write executes one operation. Requests with the same key are one write.
func (s *Store) Write(ctx context.Context, user string, op Operation, key *IdempotencyKey) (Outcome, error) {
	out, err := s.write(ctx, user, []Operation{op}, key)
	if failed, ok := errors.AsType[*BatchError](err); ok {
		err = failed.Err
	}
	if err != nil {
		return Outcome{}, fmt.Errorf("%s %s: %w", op.Op, op.Kind, err)
	}
	return out, nil
}

// Batch executes operations in order, all or none. Each sees the results of those before it.
// The error of an operation is a [BatchError].
func (s *Store) Batch(ctx context.Context, user string, operations []Operation, key *IdempotencyKey) (Outcome, error) {
	out, err := s.write(ctx, user, operations, key)
	if err != nil {
		return Outcome{}, fmt.Errorf("batch: %w", err)
	}
	return out, nil
}

// Get returns a resource, also from the trash, or [ErrNotFound].
func (s *Store) Get(ctx context.Context, user string, name taskapi.Kind, id uuid.UUID) (Resource, error) {
	k, err := s.kindOf(name)
	if err != nil {
		return Resource{}, err
	}
	found, err := s.get(ctx, user, k, id)
	switch {
	case err != nil:
		return Resource{}, fmt.Errorf("get %s: %w", name, err)
	case found == nil:
		if found = k.withoutRow(id); found == nil {
			return Resource{}, NotFound(k.name)
		}
	}
	return k.resource(found), nil
}

// get reads the row of a resource, or returns nil.
func (s *Store) get(ctx context.Context, user string, k *kind, id uuid.UUID) (row, error) {
	return read(ctx, s, user, k.byID(user, []uuid.UUID{id}), func(rows pgx.Rows) (found row, err error) {
		err = k.read(func(r row, _ int) error { found = r; return nil })(rows)
		return found, err
	})
}

func (s *Store) kindOf(name taskapi.Kind) (*kind, error) {
	for _, k := range s.kinds {
		if k.name == name {
			return k, nil
		}
	}
	return nil, fmt.Errorf("unknown kind %q", name)
}
