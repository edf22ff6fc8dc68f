package sdktest

import (
	"cmp"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/sdk/taskapi/position"
)

// user is the state of one user.
type user struct {
	seq       int64            // of the latest change
	purged    int64            // the latest change whose tombstone was removed
	resources map[string]entry // by id
	erased    []erasure
	stored    map[string]storedResponse // by idempotency key
	changed   chan struct{}             // closed by the next change
}

// entry is a resource and the change that last touched it.
type entry struct {
	resource
	seq int64
}

// erasure is the tombstone of an erased resource.
type erasure struct {
	kind taskapi.Kind
	id   string
	seq  int64
	at   time.Time
}

// storedResponse is the response of a write that came with an idempotency key.
type storedResponse struct {
	request  string // the write's fingerprint
	response *reply
	sizes    []storedSize
	at       time.Time
}

func newUser() *user {
	return &user{
		resources: make(map[string]entry),
		stored:    make(map[string]storedResponse),
		changed:   make(chan struct{}),
	}
}

// purge removes expired resources, tombstones and responses.
func (u *user) purge(now time.Time) {
	maps.DeleteFunc(u.stored, func(_ string, response storedResponse) bool { return now.Sub(response.at) >= keyAge })
	u.erased = slices.DeleteFunc(u.erased, func(e erasure) bool {
		if now.Sub(e.at) < retention {
			return false
		}
		u.purged = max(u.purged, e.seq)
		return true
	})
	tx := u.begin(now)
	for _, id := range slices.Sorted(maps.Keys(u.resources)) {
		if r := u.resources[id]; r.deleted() && now.Sub(*r.field("deletedAt").Interface().(*time.Time)) >= retention {
			tx.erase(r.resource)
		}
	}
	tx.commit()
}

// changesAfter returns the changes after a number, in order.
func (u *user) changesAfter(after int64) []taskapi.Change {
	changes := []taskapi.Change{}
	for id, e := range u.resources {
		if e.seq > after {
			changes = append(changes, taskapi.Change{Seq: e.seq, Kind: e.kind.name, ID: id, Data: encode(e.wire())})
		}
	}
	for _, e := range u.erased {
		if e.seq > after {
			changes = append(changes, taskapi.Change{Seq: e.seq, Kind: e.kind, ID: e.id, Data: json.RawMessage("null")})
		}
	}
	slices.SortFunc(changes, func(a, b taskapi.Change) int { return int(a.Seq - b.Seq) })
	return changes
}

// transaction is a write in progress. Its changes are invisible until it commits.
type transaction struct {
	user    *user
	now     time.Time
	ids     *idMaker
	seq     int64
	staged  map[string]entry // by id; erased resources as they last were
	erased  []erasure
	written []resource // of the operations
	growth  []growth   // of each change
	// named are the ids of all resources that the operations of a batch name.
	named []string
	// maxResources and maxBytes are the user's quota.
	maxResources, maxBytes int
}

func (u *user) begin(now time.Time) *transaction {
	return &transaction{user: u, now: now, seq: u.seq, staged: make(map[string]entry)}
}

// scope says where a write looks for its resource.
type scope int

const (
	anywhere scope = iota
	outsideTrash
	inTrash
)

// latest returns a resource in the transaction's state.
func (tx *transaction) latest(k *kind, id string) resource {
	if e, ok := tx.staged[id]; ok {
		return e.resource // of an erased one, its last state
	}
	r, _ := tx.find(k, id, anywhere)
	return r
}

// find returns a resource of a kind in the scope, in the transaction's state.
func (tx *transaction) find(k *kind, id string, where scope) (resource, bool) {
	e, ok := tx.staged[id]
	if !ok {
		e, ok = tx.user.resources[id]
	}
	if !ok && k.single != "" && id == k.single {
		return k.defaults(), true
	}
	gone := slices.ContainsFunc(tx.erased, func(e erasure) bool { return e.id == id })
	if !ok || gone || e.kind.name != k.name ||
		where == outsideTrash && e.deleted() || where == inTrash && !e.deleted() {
		return resource{}, false
	}
	return e.resource, true
}

// resources returns the resources of a kind in the transaction's state, ordered by id.
func (tx *transaction) resources(k *kind) []resource {
	ids := slices.Collect(maps.Keys(tx.user.resources))
	for id := range tx.staged {
		if _, known := tx.user.resources[id]; !known {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	var all []resource
	for _, id := range ids {
		if r, ok := tx.find(k, id, anywhere); ok {
			all = append(all, r)
		}
	}
	return all
}

// create adds a resource.
func (tx *transaction) create(k *kind, c content) (resource, *problem) {
	r := k.new()
	id := tx.ids.next(tx.now)
	r.set("id", id.String())
	if at := r.optional("position"); at.IsValid() {
		at.SetString(position.Of(id))
	}
	r.set("createdAt", tx.now)
	r.apply(c, true, tx.now)
	tx.setDue(resource{}, r)
	if p := cmp.Or(checkRecurrence(r), tx.prepare(resource{}, r, c.namesList(false))); p != nil {
		return r, p
	}
	return tx.changed(r), nil
}

// edit replaces a resource's content, unless it is the same.
func (tx *transaction) edit(r resource, c content, replace bool) (resource, *problem) {
	after := r.copied()
	if !replace {
		c = eitherDue(c)
	}
	after.apply(c, replace, tx.now)
	tx.setDue(r, after)
	if p := cmp.Or(checkRecurrence(after), tx.prepare(r, after, c.namesList(!replace))); p != nil {
		return r, p
	}
	if after.same(r) {
		return r, nil
	}
	if p := tx.setNext(r, after); p != nil {
		return r, p
	}
	after = tx.changed(after)
	tx.moveDays(r, after)
	return after, nil
}

// trash moves a resource to the trash, by itself or with another one.
func (tx *transaction) trash(r resource, with string) resource {
	after := r.copied()
	after.set("deletedAt", &tx.now)
	after.deletedWith = with
	return tx.changed(after)
}

// restore takes a resource out of the trash.
func (tx *transaction) restore(r resource) (resource, *problem) {
	after := r.copied()
	after.set("deletedAt", (*time.Time)(nil))
	after.deletedWith = ""
	if p := tx.reattach(after); p != nil {
		return r, p
	}
	return tx.changed(after), nil
}

// erase erases a resource as the next change, and returns its last state.
func (tx *transaction) erase(r resource) resource {
	tx.seq++
	tx.staged[r.id()] = entry{r, tx.seq}
	tx.erased = append(tx.erased, erasure{kind: r.kind.name, id: r.id(), seq: tx.seq, at: tx.now})
	return r
}

// changed stores a resource's next version as the next change.
func (tx *transaction) changed(r resource) resource {
	tx.seq++
	r.set("version", r.version()+1)
	if at := r.optional("updatedAt"); at.IsValid() {
		at.Set(reflect.ValueOf(tx.now))
	}
	tx.staged[r.id()] = entry{r, tx.seq}
	return r
}

// commit applies the transaction to the user's state.
func (tx *transaction) commit() {
	u := tx.user
	if tx.seq == u.seq {
		return
	}
	maps.Copy(u.resources, tx.staged)
	for _, e := range tx.erased {
		delete(u.resources, e.id)
	}
	u.erased = append(u.erased, tx.erased...)
	u.seq = tx.seq
	close(u.changed)
	u.changed = make(chan struct{})
}

// idMaker generates increasing UUIDs of version 7.
type idMaker struct {
	last uint64
}

func (m *idMaker) next(now time.Time) (id uuid) {
	// 48 bits of milliseconds, and 12 bits of the fraction of a millisecond.
	micros := uint64(now.UnixMicro())
	m.last = max(m.last+1, micros/1000<<12|micros%1000<<2)
	binary.BigEndian.PutUint64(id[:8], m.last>>12<<16|m.last&0xfff)
	_, _ = rand.Read(id[8:]) // never fails
	id[6] |= 7 << 4
	id[8] = id[8]&0x3f | 0x80
	return id
}

type uuid [16]byte

func parseUUID(text string) (id uuid) {
	if _, err := hex.Decode(id[:], []byte(strings.ReplaceAll(text, "-", ""))); err != nil {
		panic(err) // ids are validated before
	}
	return id
}

func (id uuid) String() string {
	text := hex.EncodeToString(id[:])
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}
