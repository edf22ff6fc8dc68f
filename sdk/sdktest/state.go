package sdktest

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"slices"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// user is everything there is of one user.
type user struct {
	seq     int64 // of the latest change
	purged  int64 // the highest change that is no longer known
	tasks   map[string]entry
	erased  []erasure
	kept    map[string]keptAnswer // by idempotency key
	changed chan struct{}         // closed by the next change
}

// entry is a task and the change that last touched it.
type entry struct {
	task taskapi.Task
	seq  int64
}

// erasure is what is left of a task that was erased.
type erasure struct {
	taskID string
	seq    int64
	at     time.Time
}

// keptAnswer is the answer of a write that came with an idempotency key.
type keptAnswer struct {
	request string
	answer  *reply
	at      time.Time
}

func newUser() *user {
	return &user{
		tasks:   make(map[string]entry),
		kept:    make(map[string]keptAnswer),
		changed: make(chan struct{}),
	}
}

// purge removes what has expired.
func (u *user) purge(now time.Time) {
	maps.DeleteFunc(u.kept, func(_ string, kept keptAnswer) bool { return now.Sub(kept.at) >= keyAge })
	u.erased = slices.DeleteFunc(u.erased, func(e erasure) bool {
		if now.Sub(e.at) < retention {
			return false
		}
		u.purged = max(u.purged, e.seq)
		return true
	})
	tx := &transaction{user: u, now: now, seq: u.seq, staged: make(map[string]*entry)}
	for _, id := range slices.Sorted(maps.Keys(u.tasks)) {
		if at := u.tasks[id].task.DeletedAt; at != nil && now.Sub(*at) >= retention {
			tx.erase(id)
		}
	}
	tx.commit()
}

// changesAfter returns what has changed after a number, in order.
func (u *user) changesAfter(after int64) []taskapi.Change {
	changes := []taskapi.Change{}
	for id, e := range u.tasks {
		if e.seq > after {
			changes = append(changes, taskapi.Change{Seq: e.seq, Type: taskapi.ChangeUpsert, TaskID: id, Task: &e.task})
		}
	}
	for _, e := range u.erased {
		if e.seq > after {
			changes = append(changes, taskapi.Change{Seq: e.seq, Type: taskapi.ChangeDelete, TaskID: e.taskID})
		}
	}
	slices.SortFunc(changes, func(a, b taskapi.Change) int { return int(a.Seq - b.Seq) })
	return changes
}

// transaction is a write under way: what it changes is seen by nobody else
// until it is committed.
type transaction struct {
	user   *user
	now    time.Time
	ids    *idMaker
	seq    int64
	staged map[string]*entry // nil for a task that is erased
	erased []erasure
}

// get returns a task as the transaction has left it.
func (tx *transaction) get(id string) (taskapi.Task, bool) {
	if e, ok := tx.staged[id]; ok {
		if e == nil {
			return taskapi.Task{}, false
		}
		return e.task, true
	}
	e, ok := tx.user.tasks[id]
	return e.task, ok
}

// put stores a task as the next change.
func (tx *transaction) put(task taskapi.Task) {
	tx.seq++
	tx.staged[task.ID] = &entry{task: task, seq: tx.seq}
}

// erase removes a task as the next change.
func (tx *transaction) erase(id string) {
	tx.seq++
	tx.staged[id] = nil
	tx.erased = append(tx.erased, erasure{taskID: id, seq: tx.seq, at: tx.now})
}

// commit makes the transaction's changes those of the user.
func (tx *transaction) commit() {
	u := tx.user
	if tx.seq == u.seq {
		return
	}
	for id, e := range tx.staged {
		if e == nil {
			delete(u.tasks, id)
		} else {
			u.tasks[id] = *e
		}
	}
	u.erased = append(u.erased, tx.erased...)
	u.seq = tx.seq
	close(u.changed)
	u.changed = make(chan struct{})
}

// idMaker makes ids: UUIDs of version 7, each higher than the one before.
type idMaker struct {
	last uint64
}

func (m *idMaker) next(now time.Time) string {
	// The milliseconds, and in 12 bits the part of the millisecond.
	micros := uint64(now.UnixMicro())
	m.last = max(m.last+1, micros/1000<<12|micros%1000<<2)
	var id [16]byte
	binary.BigEndian.PutUint64(id[:8], m.last>>12<<16|m.last&0xfff)
	_, _ = rand.Read(id[8:]) // never fails
	id[6] |= 7 << 4
	id[8] = id[8]&0x3f | 0x80
	text := hex.EncodeToString(id[:])
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}
