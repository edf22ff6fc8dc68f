package taskapi

import "encoding/json"

// MaxBatchOperations is the maximum number of operations in a batch.
const MaxBatchOperations = 100

// BatchOp names an operation of a batch.
type BatchOp string

// The operations of a batch. They do the same as the requests of these names.
const (
	BatchCreate  BatchOp = "create"
	BatchReplace BatchOp = "replace"
	BatchUpdate  BatchOp = "update"
	BatchDelete  BatchOp = "delete"
	BatchRestore BatchOp = "restore"
	BatchErase   BatchOp = "erase"
	BatchMove    BatchOp = "move"
)

// BatchOps returns every operation of a batch.
func BatchOps() []BatchOp {
	return []BatchOp{BatchCreate, BatchReplace, BatchUpdate, BatchDelete, BatchRestore, BatchErase, BatchMove}
}

// BatchRequest is the body of batch: operations that run in order, all or none.
type BatchRequest struct {
	Operations []BatchOperation `json:"operations" minItems:"1" maxItems:"100"`
}

// BatchOperation is an operation of a batch, a union discriminated by Kind and
// Op. Make it with the [Operations] of a kind, such as [TaskOperations].
type BatchOperation struct {
	Op   BatchOp `json:"op"`
	Kind Kind    `json:"kind"`
	// ID names the resource; create has none.
	ID string `json:"id,omitzero"`
	// Version, unless zero, is the version that the resource must have.
	Version int64 `json:"version,omitzero"`
	// Data is the new content, for create and replace.
	Data json.RawMessage `json:"data,omitzero"`
	// Changes is the merge patch of an update.
	Changes json.RawMessage `json:"changes,omitzero"`
	// To is the target of a move.
	To json.RawMessage `json:"to,omitzero"`

	err error // of encoding Data, Changes or To
}

// MarshalJSON encodes the operation. It fails if the content given to the
// constructor cannot be encoded.
func (o BatchOperation) MarshalJSON() ([]byte, error) {
	if o.err != nil {
		return nil, o.err
	}
	type plain BatchOperation
	return json.Marshal(plain(o))
}

// Operations makes the batch operations of one kind, whose requests to create,
// replace, update and move a resource are C, R, U and M. A version of zero means
// any.
type Operations[C, R, U, M any] struct{ kind Kind }

// Create returns the operation that creates a resource.
func (k Operations[C, R, U, M]) Create(data C) BatchOperation {
	op := BatchOperation{Op: BatchCreate, Kind: k.kind}
	op.Data, op.err = json.Marshal(data)
	return op
}

// Replace returns the operation that sets the whole content of a resource.
func (k Operations[C, R, U, M]) Replace(id string, version int64, data R) BatchOperation {
	op := k.on(BatchReplace, id, version)
	op.Data, op.err = json.Marshal(data)
	return op
}

// Update returns the operation that sets the present fields of a resource.
func (k Operations[C, R, U, M]) Update(id string, version int64, changes U) BatchOperation {
	op := k.on(BatchUpdate, id, version)
	op.Changes, op.err = json.Marshal(changes)
	return op
}

// Delete returns the operation that moves a resource to the trash.
func (k Operations[C, R, U, M]) Delete(id string, version int64) BatchOperation {
	return k.on(BatchDelete, id, version)
}

// Restore returns the operation that takes a resource out of the trash.
func (k Operations[C, R, U, M]) Restore(id string, version int64) BatchOperation {
	return k.on(BatchRestore, id, version)
}

// Erase returns the operation that deletes a resource permanently, from the trash
// or outside it.
func (k Operations[C, R, U, M]) Erase(id string, version int64) BatchOperation {
	return k.on(BatchErase, id, version)
}

// Move returns the operation that puts a resource into another place of the manual
// order.
func (k Operations[C, R, U, M]) Move(id string, version int64, to M) BatchOperation {
	op := k.on(BatchMove, id, version)
	op.To, op.err = json.Marshal(to)
	return op
}

func (k Operations[C, R, U, M]) on(op BatchOp, id string, version int64) BatchOperation {
	return BatchOperation{Op: op, Kind: k.kind, ID: id, Version: version}
}
