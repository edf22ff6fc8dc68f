package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// Conditions are what a write of one task depends on.
type Conditions struct {
	// Versions, unless nil, are the versions of which the task must have
	// one; otherwise the write fails with a [ConflictError].
	Versions []int64
	// Key, unless nil, makes requests with the same key one write.
	Key *IdempotencyKey
}

// content is what a user can edit of a task: the body of a replacement. Its
// texts must have been checked.
type content = taskapi.ReplaceTaskRequest

// CreateTask adds a task. Of the conditions, only the key has a meaning.
func (s *Store) CreateTask(ctx context.Context, user string, req taskapi.CreateTaskRequest, on Conditions) (Outcome, error) {
	return s.writeTask(ctx, "create task", user, uuid.Nil, on, func(tx *transaction) error { return tx.create(content(req)) })
}

// ReplaceTask sets everything that can be edited of a task outside the trash.
func (s *Store) ReplaceTask(ctx context.Context, user string, id uuid.UUID, req taskapi.ReplaceTaskRequest, on Conditions) (Outcome, error) {
	return s.writeTask(ctx, "replace task", user, id, on, func(tx *transaction) error {
		return tx.edit(id, on.Versions, func(content) content { return req })
	})
}

// UpdateTask sets the present fields of a task outside the trash.
func (s *Store) UpdateTask(ctx context.Context, user string, id uuid.UUID, req taskapi.UpdateTaskRequest, on Conditions) (Outcome, error) {
	return s.writeTask(ctx, "update task", user, id, on, func(tx *transaction) error {
		return tx.edit(id, on.Versions, func(current content) content { return merge(current, req) })
	})
}

// DeleteTask moves a task to the trash.
func (s *Store) DeleteTask(ctx context.Context, user string, id uuid.UUID, on Conditions) (Outcome, error) {
	return s.writeTask(ctx, "delete task", user, id, on, func(tx *transaction) error { return tx.trash(id, on.Versions) })
}

// RestoreTask takes a task out of the trash.
func (s *Store) RestoreTask(ctx context.Context, user string, id uuid.UUID, on Conditions) (Outcome, error) {
	return s.writeTask(ctx, "restore task", user, id, on, func(tx *transaction) error { return tx.restore(id, on.Versions) })
}

// EraseTask removes a task for good, from the trash or outside it.
func (s *Store) EraseTask(ctx context.Context, user string, id uuid.UUID, on Conditions) (Outcome, error) {
	return s.writeTask(ctx, "erase task", user, id, on, func(tx *transaction) error { return tx.erase(id, on.Versions) })
}

// writeTask runs a write that concerns one task, or with [uuid.Nil] a new one.
func (s *Store) writeTask(
	ctx context.Context, what, user string, id uuid.UUID, on Conditions, apply func(*transaction) error,
) (Outcome, error) {
	var ids []uuid.UUID
	if id != uuid.Nil {
		ids = []uuid.UUID{id}
	}
	out, err := s.write(ctx, user, on.Key, ids, apply)
	if err != nil {
		return Outcome{}, fmt.Errorf("%s: %w", what, err)
	}
	return out, nil
}

// create queues a new task.
func (tx *transaction) create(c content) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make a task's id: %w", err)
	}
	if err := tx.count(); err != nil {
		return err
	}
	insertionOf(tx.user, id, c).queue(tx.batch)
	tx.answer = append(tx.answer, id)
	return nil
}

// edit queues what becomes of a task's content, unless that changes nothing.
func (tx *transaction) edit(id uuid.UUID, versions []int64, edit func(content) content) error {
	row, err := tx.find(id, outsideTrash, versions)
	if err != nil {
		return err
	}
	before := contentOf(row.task())
	after := edit(before)
	if sameContent(before, after) {
		return nil
	}
	row.setContent(after)
	return tx.update(row, func(q *bun.UpdateQuery, b *bound) {
		switch {
		case after.Completed && !before.Completed:
			q.Set("completed_at = statement_timestamp()")
		case !after.Completed && before.Completed:
			q.Set("completed_at = NULL")
		}
		q.Set("title = ?", b.arg(after.Title)).
			Set("description = ?", b.arg(after.Description)).
			Set("priority = ?", b.arg(rank(after.Priority))).
			Set("due_at = ?", b.arg(after.DueAt)).
			Set("tags = ?", b.arg(nonNil(after.Tags))).
			Set("title_key = ?", b.arg(titleKey(after.Title))).
			Set("words = array_to_tsvector(?)", b.arg(wordsOfContent(after)))
	})
}

func (tx *transaction) trash(id uuid.UUID, versions []int64) error {
	row, err := tx.find(id, outsideTrash, versions)
	if err != nil {
		return err
	}
	row.DeletedAt = &noted
	return tx.update(row, func(q *bun.UpdateQuery, _ *bound) { q.Set("deleted_at = statement_timestamp()") })
}

func (tx *transaction) restore(id uuid.UUID, versions []int64) error {
	row, err := tx.find(id, inTrash, versions)
	if err != nil {
		return err
	}
	row.DeletedAt = nil
	return tx.update(row, func(q *bun.UpdateQuery, _ *bound) { q.Set("deleted_at = NULL") })
}

func (tx *transaction) erase(id uuid.UUID, versions []int64) error {
	row, err := tx.find(id, anywhere, versions)
	if err != nil {
		return err
	}
	if err := tx.count(); err != nil {
		return err
	}
	// Behind the keeping of the answer, which still needs the row.
	tx.last = append(tx.last,
		statement{text: "DELETE FROM tasklane.tasks WHERE user_id = $1 AND id = $2", args: []any{tx.user, [16]byte(id)}},
		statement{text: `INSERT INTO tasklane.erased (user_id, id, seq, erased_at)
			SELECT user_id, $2, seq, statement_timestamp() FROM tasklane.user_state WHERE user_id = $1`, args: []any{tx.user, [16]byte(id)}},
	)
	tx.erased = map[uuid.UUID]taskapi.Task{id: row.task()}
	return nil
}

// update queues the update of a row: what set says, and what every change of a
// row does.
func (tx *transaction) update(row *taskRow, set func(*bun.UpdateQuery, *bound)) error {
	if err := tx.count(); err != nil {
		return err
	}
	row.Version++
	st, err := tx.store.updateTask(tx.user, row.ID, set)
	if err != nil {
		return err
	}
	st.queue(tx.batch)
	return nil
}

func (s *Store) updateTask(user string, id uuid.UUID, set func(*bun.UpdateQuery, *bound)) (statement, error) {
	var b bound
	q := s.bun.NewUpdate().
		Model((*taskRow)(nil)).
		Set("seq = (SELECT seq FROM tasklane.user_state WHERE user_id = ?)", b.arg(user)).
		Set("version = t.version + 1").
		Set("updated_at = statement_timestamp()").
		Where("user_id = ?", b.arg(user)).
		Where("id = ?", b.arg([16]byte(id)))
	set(q, &b)
	return s.build(q, &b)
}

// insertTask takes the number of the change, and with it the user, from the
// user's state: Citus refuses a sub-select among VALUES.
const insertTask = `
	INSERT INTO tasklane.tasks (user_id, id, seq, version, title, description, completed_at, priority, due_at, tags,
		created_at, updated_at, title_key, words)
	SELECT user_id, $2, seq, 1, $3, $4, CASE WHEN $5::boolean THEN statement_timestamp() END, $6, $7, $8,
		statement_timestamp(), statement_timestamp(), $9, array_to_tsvector($10)
	FROM tasklane.user_state WHERE user_id = $1`

func insertionOf(user string, id uuid.UUID, c content) statement {
	return statement{text: insertTask, args: []any{
		user, [16]byte(id), c.Title, c.Description, c.Completed, rank(c.Priority), c.DueAt, nonNil(c.Tags),
		titleKey(c.Title), wordsOfContent(c),
	}}
}

func wordsOfContent(c content) []string {
	return nonNil(wordsOf(append([]string{c.Title, c.Description}, c.Tags...)...))
}

func nonNil(texts []string) []string {
	if texts == nil {
		return []string{}
	}
	return texts
}
