package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// A cascade changes the tasks that depend on a resource, however many they are, with a few
// statements, without reading them. Each task gets its own change number, after that of the
// resource, in the order of the ids. The statements come after [countChange], so the user's
// lock is held.
//
// Citus routes them to one server, because each table is qualified with the user.

// members selects the tasks of a cascade: the ids of the user's ($1) tasks, for the
// resource with the id $2.
type members string

const (
	// inList are the tasks of a list, also those in the trash.
	inList members = "SELECT id FROM tasklane.tasks WHERE user_id = $1 AND list_id = $2"
	// liveInList are those outside the trash.
	liveInList = inList + " AND deleted_at IS NULL"
	// deletedWith are the tasks that were deleted with the resource.
	deletedWith members = "SELECT id FROM tasklane.tasks WHERE user_id = $1 AND deleted_with = $2 AND deleted_with <> " + noID
	// below are the tasks below another one, also those in the trash.
	below members = "SELECT id FROM (" + descendants + ") AS d"
	// liveBelow are those outside the trash, openBelow the open ones among them.
	liveBelow = below + " WHERE deleted_at IS NULL"
	openBelow = liveBelow + " AND completed_at IS NULL"
	// deletedBelow are those that were deleted with the task, or with the resource with
	// which it was deleted ($4).
	deletedBelow = below + " WHERE deleted_at IS NOT NULL AND deleted_with IN ($2, $4)"
	// belowInOtherLists are those outside a list ($4).
	belowInOtherLists = below + " WHERE list_id <> $4"
	// completedAbove are a completed task and the completed tasks above it.
	completedAbove members = "SELECT id FROM (" + ancestors + ") AS a WHERE completed_at IS NOT NULL"
)

const (
	// noID stands for a missing id.
	noID = "'00000000-0000-0000-0000-000000000000'"
	// isSubTask is the condition of an index.
	isSubTask = "parent_id <> " + noID

	// subTasks selects the sub-tasks of a task, whose id comes between it and fenced.
	// OFFSET makes the planner read them by that id. Otherwise, if its statistics are
	// older than all sub-tasks, it scans all of the user's sub-tasks for each task, which
	// takes minutes for thousands.
	subTasks = "(SELECT * FROM tasklane.tasks WHERE user_id = $1 AND " + isSubTask + " AND parent_id = "
	fenced   = " OFFSET 0)"

	// descendants selects the tasks below a task ($2), on at most three levels, with
	// their level below it.
	descendants = "SELECT a.*, 1 AS level FROM " + firstLevel +
		" UNION ALL SELECT b.*, 2 FROM " + secondLevel +
		" UNION ALL SELECT c.*, 3 FROM " + secondLevel + ", LATERAL " + subTasks + "b.id" + fenced + " AS c"
	firstLevel  = subTasks + "$2" + fenced + " AS a"
	secondLevel = firstLevel + ", LATERAL " + subTasks + "a.id" + fenced + " AS b"

	// ancestors selects a task ($2) and the tasks above it.
	ancestors = `
		SELECT a.id, a.completed_at FROM tasklane.tasks AS a WHERE a.user_id = $1 AND a.id = $2
		UNION ALL
		SELECT b.id, b.completed_at FROM tasklane.tasks AS a
		JOIN tasklane.tasks AS b ON b.user_id = $1 AND b.id = a.parent_id
		WHERE a.user_id = $1 AND a.id = $2
		UNION ALL
		SELECT c.id, c.completed_at FROM tasklane.tasks AS a
		JOIN tasklane.tasks AS b ON b.user_id = $1 AND b.id = a.parent_id
		JOIN tasklane.tasks AS c ON c.user_id = $1 AND c.id = b.parent_id
		WHERE a.user_id = $1 AND a.id = $2
		UNION ALL
		SELECT d.id, d.completed_at FROM tasklane.tasks AS a
		JOIN tasklane.tasks AS b ON b.user_id = $1 AND b.id = a.parent_id
		JOIN tasklane.tasks AS c ON c.user_id = $1 AND c.id = b.parent_id
		JOIN tasklane.tasks AS d ON d.user_id = $1 AND d.id = c.parent_id
		WHERE a.user_id = $1 AND a.id = $2
	`
	// selectAncestors selects the ids of a task ($2) and of the tasks above it.
	selectAncestors = "SELECT id FROM (" + ancestors + ") AS a"
	// selectHeight selects the number of levels below a task ($2).
	selectHeight = "SELECT coalesce(max(level), 0) FROM (" + descendants + ") AS d"
)

// changeMembers sets the columns of all members. $3 is the time.
func changeMembers(m members, set string) string {
	return fmt.Sprintf(`WITH numbered AS (
		SELECT id, row_number() OVER (ORDER BY id) AS n FROM (%s) AS members
	), changed AS (
		UPDATE tasklane.tasks AS t
		SET %s, version = t.version + 1, updated_at = greatest(t.updated_at, $3), seq = s.seq + m.n
		FROM numbered AS m, tasklane.user_state AS s
		WHERE t.user_id = $1 AND t.id = m.id AND s.user_id = $1
		RETURNING 1
	)
	UPDATE tasklane.user_state SET seq = seq + (SELECT count(*) FROM changed) WHERE user_id = $1`, m, set)
}

// The changes of cascades.
const (
	trashed   = "deleted_at = $3, deleted_with = $2"
	restored  = "deleted_at = NULL, deleted_with = " + noID
	completed = "completed_at = $3"
	reopened  = "completed_at = NULL"
)

// eraseMembers erases all members, with three statements. The tombstones, whose numbers are
// above the user's latest, identify the tasks for the other two.
func eraseMembers(m members) (insertTombstones, eraseOutcomes, deleteRows string) {
	const erased = `(SELECT e.id FROM tasklane.erased AS e, tasklane.user_state AS s WHERE e.user_id = $1 AND s.user_id = $1 AND e.seq > s.seq)`
	insertTombstones = fmt.Sprintf(`INSERT INTO tasklane.erased (user_id, kind, id, seq, erased_at)
		SELECT s.user_id, 'task', m.id, s.seq + row_number() OVER (ORDER BY m.id), $3
		FROM (%s) AS m, tasklane.user_state AS s WHERE s.user_id = $1`, m)
	eraseOutcomes = eraseSnapshotsOf("resource IN " + erased)
	deleteRows = fmt.Sprintf(`WITH removed AS (
		DELETE FROM tasklane.tasks WHERE user_id = $1 AND id IN %s RETURNING size
	), counted AS (
		SELECT count(*) AS n, coalesce(sum(%d - size), 0) AS bytes FROM removed
	)
	UPDATE tasklane.user_state AS s SET seq = s.seq + c.n, resources = s.resources - c.n, bytes = s.bytes + c.bytes
	FROM counted AS c WHERE s.user_id = $1`, erased, rowSize)
	return insertTombstones, eraseOutcomes, deleteRows
}

// cascade queues a change of the members of a resource. Further ids are arguments
// from $4 on.
func (tx *transaction) cascade(m members, set string, of uuid.UUID, more ...uuid.UUID) {
	tx.queueCascade(changeMembers(m, set), of, more...)
}

func (tx *transaction) queueCascade(text string, of uuid.UUID, more ...uuid.UUID) {
	args := []any{tx.user, [16]byte(of), tx.now}
	for _, id := range more {
		args = append(args, [16]byte(id))
	}
	tx.statements = append(tx.statements, statement{text, args})
}

// eraseAll queues the erasure of the members of a resource.
func (tx *transaction) eraseAll(m members, of uuid.UUID) {
	insertTombstones, eraseOutcomes, deleteRows := eraseMembers(m)
	tx.queueCascade(insertTombstones, of)
	tx.statements = append(tx.statements, statement{eraseOutcomes, []any{tx.user}}, statement{deleteRows, []any{tx.user}})
}

// affects records that a cascade may have changed the tasks in memory for which affected is
// true. They are read again before they are used.
func (tx *transaction) affects(affected func(*taskRow) bool) {
	for _, r := range tx.inMemory() {
		if task, ok := r.row.(*taskRow); ok && !r.erased && affected(task) {
			tx.stale = true
		}
	}
}

// inMemory returns the resources that were read or created.
func (tx *transaction) inMemory() []*resource {
	return append(tx.found[:len(tx.found):len(tx.found)], tx.written...)
}

// refresh sends the queued statements, and reads the tasks in memory again if cascades
// may have changed them.
func (tx *transaction) refresh(ctx context.Context) error {
	if !tx.stale {
		return nil
	}
	tx.stale = false
	batch := tx.queued()
	var ids []uuid.UUID
	for _, r := range tx.inMemory() {
		if r.kind.name == taskapi.KindTask && !r.erased {
			ids = append(ids, r.row.shared().ID)
		}
	}
	current := map[uuid.UUID]row{}
	tasks.byID(tx.user, ids).queue(batch).Query(tasks.read(func(r row, _ int) error {
		current[r.shared().ID] = r
		return nil
	}))
	if err := tx.exchange(ctx, batch); err != nil {
		return err
	}
	for _, r := range tx.inMemory() {
		if r.kind.name != taskapi.KindTask || r.erased {
			continue
		}
		if row, ok := current[r.row.shared().ID]; ok {
			r.row = row
		} else {
			r.erased = true
		}
	}
	return nil
}
