package store

import (
	"context"

	"github.com/google/uuid"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// requireList fails with [errRefused] unless the user has the list outside the trash.
const requireList = "SELECT 1 / count(*)::int FROM tasklane.lists WHERE user_id = $1 AND id = $2 AND deleted_at IS NULL"

// prepareTask checks that a task comes into a list that is there. A task that is
// restored without its list comes into the Inbox.
func prepareTask(ctx context.Context, tx *transaction, op taskapi.BatchOp, before, after *taskRow) error {
	if op == taskapi.BatchRestore {
		after.DeletedWith = uuid.Nil
		live, err := tx.hasList(ctx, after.ListID)
		if !live {
			after.ListID = uuid.Nil
		}
		return err
	}
	if before != nil && before.ListID == after.ListID {
		return nil
	}
	live, err := tx.hasList(ctx, after.ListID)
	if err == nil && !live {
		err = &FieldError{Field: "listId", Code: taskapi.FieldNotFound, Message: "is not one of your lists"}
	}
	return err
}

// hasList reports whether the user has a list outside the trash. There is always the
// Inbox.
func (tx *transaction) hasList(ctx context.Context, id uuid.UUID) (bool, error) {
	if id == uuid.Nil {
		return true, nil
	}
	list, err := tx.load(ctx, lists.kind, id)
	return list != nil && list.shared().DeletedAt == nil, err
}

// followTask has the database check the list of a task that is made without a look.
func followTask(tx *transaction, _, after *taskRow) {
	if tx.blind && after.ListID != uuid.Nil {
		tx.statements = append(tx.statements, statement{requireList, []any{tx.user, [16]byte(after.ListID)}})
	}
}

// followList takes the tasks of a list to the trash with it, back with it those that
// went with it, and erases all that are in it.
func followList(tx *transaction, before, after *listRow) {
	switch {
	case before == nil:
	case after == nil:
		tx.eraseAll(inList, before.ID)
		tx.affects(func(task *taskRow) bool { return task.ListID == before.ID })
	case before.DeletedAt == nil && after.DeletedAt != nil:
		tx.cascade(trashMembers(liveInList), after.ID)
		tx.affects(func(task *taskRow) bool { return task.ListID == after.ID })
	case before.DeletedAt != nil && after.DeletedAt == nil:
		tx.cascade(restoreMembers(goneWith), after.ID)
		tx.affects(func(task *taskRow) bool { return task.DeletedWith == after.ID })
	}
}
