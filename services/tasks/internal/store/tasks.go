package store

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// TaskPage is a page of a list.
type TaskPage struct {
	Tasks []taskapi.Task
	// NextCursor leads to the next page; it is empty on the last one.
	NextCursor string
	// Changes is the user's change number. It is read before the tasks, so
	// that no change after it can be missing from both.
	Changes int64
}

// content is what a user can edit of a task: the body of a replacement.
type content = taskapi.ReplaceTaskRequest

// CreateTask adds a task. The request's texts must have been checked.
func (s *Store) CreateTask(ctx context.Context, user string, req taskapi.CreateTaskRequest) (taskapi.Task, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return taskapi.Task{}, fmt.Errorf("make a task's id: %w", err)
	}
	bump, err := s.bumpOrBegin(user)
	if err != nil {
		return taskapi.Task{}, err
	}
	insert, err := s.insertTask(user, id, content(req))
	if err != nil {
		return taskapi.Task{}, err
	}
	var row taskRow
	err = s.run(ctx, user, func(batch *pgx.Batch) {
		bump.queue(batch)
		insert.queue(batch).Query(readTask(&row))
	})
	if err != nil {
		return taskapi.Task{}, fmt.Errorf("insert task: %w", err)
	}
	return row.task(), nil
}

// GetTask returns a task, also from the trash, or [ErrNotFound].
func (s *Store) GetTask(ctx context.Context, user string, id uuid.UUID) (taskapi.Task, error) {
	get, err := s.selectTask(user, id)
	if err != nil {
		return taskapi.Task{}, err
	}
	var row taskRow
	err = s.run(ctx, user, func(batch *pgx.Batch) {
		get.queue(batch).Query(readTask(&row))
	})
	if err != nil {
		return taskapi.Task{}, fmt.Errorf("select task: %w", err)
	}
	return row.task(), nil
}

// ListTasks returns a page of the tasks outside the trash, newest first, or
// [ErrInvalidCursor]. The limit must be positive.
func (s *Store) ListTasks(ctx context.Context, user string, options taskapi.ListTasksOptions) (TaskPage, error) {
	list, err := s.selectPage(user, options)
	if err != nil {
		return TaskPage{}, err
	}
	page := TaskPage{Tasks: make([]taskapi.Task, 0, options.Limit)}
	var last taskRow
	err = s.run(ctx, user, func(batch *pgx.Batch) {
		batch.Queue("SELECT seq FROM tasklane.user_state WHERE user_id = $1", user).Query(func(rows pgx.Rows) error {
			page.Changes = 0
			_, err := pgx.ForEachRow(rows, []any{&page.Changes}, func() error { return nil })
			return err
		})
		list.queue(batch).Query(func(rows pgx.Rows) error {
			// One row more than the page holds tells that there is another.
			more := false
			for rows.Next() {
				if more = len(page.Tasks) == options.Limit; more {
					continue
				}
				if err := last.scan(rows); err != nil {
					return err
				}
				page.Tasks = append(page.Tasks, last.task())
			}
			if more {
				page.NextCursor = cursorAfter(&last, options).String()
			}
			return rows.Err()
		})
	})
	if err != nil {
		return TaskPage{}, fmt.Errorf("list tasks: %w", err)
	}
	return page, nil
}

// ReplaceTask sets everything that can be edited of a task outside the trash.
func (s *Store) ReplaceTask(ctx context.Context, user string, id uuid.UUID, req taskapi.ReplaceTaskRequest) (taskapi.Task, error) {
	return s.editTask(ctx, user, id, func(content) content { return req })
}

// UpdateTask sets the present fields of a task outside the trash.
func (s *Store) UpdateTask(ctx context.Context, user string, id uuid.UUID, req taskapi.UpdateTaskRequest) (taskapi.Task, error) {
	return s.editTask(ctx, user, id, func(current content) content { return merge(current, req) })
}

// editTask writes what edit makes of a task's content, unless that changes
// nothing.
func (s *Store) editTask(ctx context.Context, user string, id uuid.UUID, edit func(content) content) (taskapi.Task, error) {
	row, err := s.changeTask(ctx, user, id, func(current *taskRow, b *bound) *bun.UpdateQuery {
		before := contentOf(current.task())
		after := edit(before)
		if sameContent(before, after) {
			return nil
		}
		return s.setContent(b, after)
	})
	if err != nil {
		return taskapi.Task{}, fmt.Errorf("update task: %w", err)
	}
	return row.task(), nil
}

// DeleteTask moves a task to the trash. One that is there already is
// [ErrNotFound].
func (s *Store) DeleteTask(ctx context.Context, user string, id uuid.UUID) (taskapi.Task, error) {
	row, err := s.changeTask(ctx, user, id, func(*taskRow, *bound) *bun.UpdateQuery {
		return s.updateTask().Set("deleted_at = statement_timestamp()")
	})
	if err != nil {
		return taskapi.Task{}, fmt.Errorf("delete task: %w", err)
	}
	return row.task(), nil
}

// changeTask reads a task outside the trash under the user's lock and runs the
// update that decide returns for it, or none. It returns the row as it is then.
func (s *Store) changeTask(
	ctx context.Context, user string, id uuid.UUID, decide func(*taskRow, *bound) *bun.UpdateQuery,
) (taskRow, error) {
	get, err := s.selectTask(user, id)
	if err != nil {
		return taskRow{}, err
	}
	var row taskRow
	err = s.underLock(ctx, user,
		func(batch *pgx.Batch) { get.queue(batch).Query(readTask(&row)) },
		func(batch *pgx.Batch) error {
			if row.DeletedAt != nil {
				return ErrNotFound
			}
			var b bound
			query := decide(&row, &b)
			if query == nil {
				return nil
			}
			update, err := s.build(ofTask(query, &b, user, id), &b)
			if err != nil {
				return err
			}
			batch.Queue("UPDATE tasklane.user_state SET seq = seq + 1 WHERE user_id = $1", user)
			update.queue(batch).Query(readTask(&row))
			return nil
		})
	return row, err
}

// underLock runs a transaction that no other change of the user's tasks can
// overlap. It takes two round trips: read adds the statements of the first,
// write, once they have been read, those of the second.
func (s *Store) underLock(ctx context.Context, user string, read func(*pgx.Batch), write func(*pgx.Batch) error) error {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return mapError(err)
	}
	// A connection that is still in a transaction is not used again.
	defer conn.Release()

	first := &pgx.Batch{}
	first.Queue("BEGIN")
	setUser(user).queue(first)
	first.Queue("SELECT seq FROM tasklane.user_state WHERE user_id = $1 FOR UPDATE", user)
	read(first)
	if err := conn.SendBatch(ctx, first).Close(); err != nil {
		return s.rollback(ctx, conn.Conn(), err)
	}
	second := &pgx.Batch{}
	if err := write(second); err != nil {
		return s.rollback(ctx, conn.Conn(), err)
	}
	second.Queue("COMMIT")
	if err := conn.SendBatch(ctx, second).Close(); err != nil {
		return s.rollback(ctx, conn.Conn(), err)
	}
	return nil
}

// rollback ends a transaction that failed with cause, so that its connection
// can be used again.
func (s *Store) rollback(ctx context.Context, conn *pgx.Conn, cause error) error {
	if ctx.Err() == nil && !conn.IsClosed() {
		// Where this fails too, the pool drops the connection.
		_, _ = conn.Exec(ctx, "ROLLBACK")
	}
	return mapError(cause)
}

// bumpOrBegin counts a change, also a user's first.
func (s *Store) bumpOrBegin(user string) (statement, error) {
	var b bound
	return s.build(s.bun.NewInsert().
		Model(&stateRow{}).
		Value("user_id", "?", b.arg(user)).
		Value("seq", "1").
		On("CONFLICT (user_id) DO UPDATE").
		Set("seq = s.seq + 1"), &b)
}

func (s *Store) insertTask(user string, id uuid.UUID, c content) (statement, error) {
	var b bound
	return s.build(s.bun.NewInsert().
		Model(&taskRow{}).
		Value("user_id", "?", b.arg(user)).
		Value("id", "?", b.arg([16]byte(id))).
		Value("seq", "(SELECT seq FROM tasklane.user_state WHERE user_id = ?)", b.arg(user)).
		Value("version", "1").
		Value("title", "?", b.arg(c.Title)).
		Value("description", "?", b.arg(c.Description)).
		Value("completed_at", "CASE WHEN ?::boolean THEN statement_timestamp() END", b.arg(c.Completed)).
		Value("priority", "?", b.arg(rank(c.Priority))).
		Value("due_at", "?", b.arg(c.DueAt)).
		Value("tags", "?", b.arg(nonNil(c.Tags))).
		Value("created_at", "statement_timestamp()").
		Value("updated_at", "statement_timestamp()").
		Value("deleted_at", "NULL").
		Returning(taskColumns), &b)
}

func (s *Store) selectTask(user string, id uuid.UUID) (statement, error) {
	var b bound
	return s.build(s.bun.NewSelect().
		Model((*taskRow)(nil)).
		Where("user_id = ?", b.arg(user)).
		Where("id = ?", b.arg([16]byte(id))), &b)
}

func (s *Store) selectPage(user string, options taskapi.ListTasksOptions) (statement, error) {
	after, err := parseCursor(options)
	if err != nil {
		return statement{}, err
	}
	var b bound
	q := s.bun.NewSelect().
		Model((*taskRow)(nil)).
		Where("user_id = ?", b.arg(user)).
		Where("deleted_at IS NULL").
		ColumnExpr(taskColumns)
	if options.Completed != nil {
		q.Where("(completed_at IS NOT NULL) = ?", b.arg(*options.Completed))
	}
	if after != nil {
		q.Where("(created_at, id) < (?, ?)", b.arg(after.CreatedAt), b.arg([16]byte(after.ID)))
	}
	// bun's own Limit would write the number into the text.
	q.OrderExpr("created_at DESC, id DESC LIMIT ?", b.arg(options.Limit+1))
	return s.build(q, &b)
}

// updateTask begins the update of a task: what every change of a row does.
func (s *Store) updateTask() *bun.UpdateQuery {
	return s.bun.NewUpdate().
		Model((*taskRow)(nil)).
		Set("version = t.version + 1").
		Set("updated_at = statement_timestamp()").
		Returning(taskColumns)
}

func (s *Store) setContent(b *bound, c content) *bun.UpdateQuery {
	return s.updateTask().
		Set("title = ?", b.arg(c.Title)).
		Set("description = ?", b.arg(c.Description)).
		Set("completed_at = CASE WHEN ?::boolean THEN COALESCE(completed_at, statement_timestamp()) END", b.arg(c.Completed)).
		Set("priority = ?", b.arg(rank(c.Priority))).
		Set("due_at = ?", b.arg(c.DueAt)).
		Set("tags = ?", b.arg(nonNil(c.Tags)))
}

// ofTask completes the update of one task, in a transaction that has counted
// the change.
func ofTask(q *bun.UpdateQuery, b *bound, user string, id uuid.UUID) *bun.UpdateQuery {
	return q.
		Set("seq = (SELECT seq FROM tasklane.user_state WHERE user_id = ?)", b.arg(user)).
		Where("user_id = ?", b.arg(user)).
		Where("id = ?", b.arg([16]byte(id)))
}

// taskColumns names the columns in the order in which scan reads them.
var taskColumns = func() string {
	var names []string
	for field := range reflect.TypeFor[taskRow]().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("bun"), ",")
		if !field.Anonymous {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}()

// stateRow is a row of tasklane.user_state.
type stateRow struct {
	bun.BaseModel `bun:"table:tasklane.user_state,alias:s"`

	UserID string `bun:"user_id,pk"`
	Seq    int64  `bun:"seq"`
}

func nonNil(tags []string) []string {
	if tags == nil {
		return []string{}
	}
	return tags
}
