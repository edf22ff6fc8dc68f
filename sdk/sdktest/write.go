package sdktest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// write is a request to change resources.
type write struct {
	// fingerprint is equal only for equal writes; an idempotency key belongs to one.
	fingerprint []any
	run         func(*transaction) (*reply, *problem)
}

// operation is an operation on one resource.
type operation struct {
	op      taskapi.BatchOp
	kind    *kind
	id      string
	allowed func(version int64) bool // nil means any version
	content content
}

// scopes say where each operation looks for its resource.
var scopes = map[taskapi.BatchOp]scope{
	taskapi.BatchReplace: outsideTrash,
	taskapi.BatchUpdate:  outsideTrash,
	taskapi.BatchDelete:  outsideTrash,
	taskapi.BatchRestore: inTrash,
	taskapi.BatchMove:    outsideTrash,
	taskapi.BatchErase:   anywhere,
}

// carryOut executes an operation, and records its size.
func (tx *transaction) carryOut(o operation) (resource, *problem) {
	seq := tx.seq
	before, _ := tx.find(o.kind, o.id, anywhere)
	after, p := tx.do(o)
	if p != nil {
		return after, p
	}
	tx.written = append(tx.written, after)
	if tx.seq == seq {
		return after, nil
	}
	g := growth{bounded: o.op != taskapi.BatchDelete && o.op != taskapi.BatchErase}
	_, stored := tx.user.resources[o.id]
	switch {
	case o.op == taskapi.BatchCreate, o.kind.single != "" && !stored:
		g.resources, g.bytes = 1, after.size()
	case o.op == taskapi.BatchErase:
		g.resources, g.bytes = -1, rowSize-after.size()-tx.user.freedBy(after.id())
	default:
		g.bytes = after.size() - before.size()
	}
	tx.growth = append(tx.growth, g)
	affected := false
	switch o.kind.name {
	case taskapi.KindList:
		affected = tx.followList(o.op, after)
	case taskapi.KindTask:
		affected = tx.followTask(o.op, before, after)
		followed, p := tx.followNext(before, after)
		if p != nil {
			return after, p
		}
		affected = affected || followed
		after = tx.latest(after.kind, after.id()) // its position may have changed
	}
	if affected && len(tx.named) > 0 {
		return after, tx.flush() // the service reads its resources again
	}
	return after, nil
}

// flush returns a problem if the changes so far exceed the quota. The service checks
// that when it reads resources again.
func (tx *transaction) flush() *problem {
	if tx.fits(0) {
		return nil
	}
	return quotaExceeded()
}

func (tx *transaction) do(o operation) (resource, *problem) {
	if o.op == taskapi.BatchCreate {
		r, p := tx.create(o.kind, o.content)
		return r, cmp.Or(tx.checkCount(o.kind), p)
	}
	r, ok := tx.find(o.kind, o.id, scopes[o.op])
	switch {
	case !ok:
		return r, o.kind.notFound()
	case o.allowed != nil && !o.allowed(r.version()):
		if e, ok := tx.user.resources[o.id]; ok {
			r = e.resource
		}
		return r, o.kind.conflict(r)
	}
	switch o.op {
	case taskapi.BatchReplace, taskapi.BatchUpdate:
		return tx.edit(r, o.content, o.op == taskapi.BatchReplace)
	case taskapi.BatchDelete:
		return tx.trash(r, ""), nil
	case taskapi.BatchRestore:
		after, p := tx.restore(r)
		return after, cmp.Or(tx.checkCount(o.kind), p)
	case taskapi.BatchMove:
		after := tx.relocated(r, o.content)
		if p := tx.prepare(r, after, o.content.namesList(true)); p != nil {
			return r, p
		}
		if p := tx.flush(); p != nil {
			return r, p
		}
		return tx.reorder(r, after, o.content)
	default:
		return tx.erase(r), nil
	}
}

// checkCount returns a problem if the user has too many resources of a kind outside the
// trash.
func (tx *transaction) checkCount(k *kind) *problem {
	if k.maximum == 0 {
		return nil
	}
	count := 0
	for _, r := range tx.resources(k) {
		if !r.deleted() {
			count++
		}
	}
	if count <= k.maximum {
		return nil
	}
	return newProblem(k.tooMany(), fmt.Sprintf("You have %d %ss. Delete one first.", k.maximum, k.name))
}

func (o operation) fingerprint() []any {
	return []any{o.op, o.kind.name, o.id, o.content.fingerprint(o.op == taskapi.BatchUpdate || o.op == taskapi.BatchMove)}
}

// body reads the content of an operation.
func (o *operation) body(f *fieldErrors, object map[string]any, path string) {
	fields := o.kind.content
	switch o.op {
	case taskapi.BatchMove:
		fields = o.kind.place
	case taskapi.BatchUpdate:
		fields = o.kind.changes
		if len(object) == 0 {
			f.add(path, taskapi.FieldTooFew, "must have at least 1 field")
			return
		}
	}
	names := make([]string, len(fields))
	for i, fd := range fields {
		names[i] = fd.name
	}
	before := len(*f)
	f.rejectUnknown(object, path, names...)
	o.content = f.read(fields, object, path)
	if o.op == taskapi.BatchMove && len(*f) == before {
		f.onePlace(object, path)
	}
}

// quotaExceeded returns the problem of an exhausted quota.
func quotaExceeded() *problem {
	return newProblem(taskapi.CodeQuotaExceeded, "Your storage is full. Erase tasks that you no longer need, then try again.")
}

// notFound returns the problem of a missing resource.
func (k *kind) notFound() *problem {
	return newProblem(taskapi.ErrorCode(k.name+"_not_found"), k.title+" not found.")
}

// writeOne returns the reader of a request with one operation.
func (k *kind) writeOne(op taskapi.BatchOp) func(*call) (write, *problem) {
	return func(c *call) (write, *problem) {
		o := operation{op: op, kind: k, id: cmp.Or(c.id, k.single)}
		var f fieldErrors
		var permanent bool
		f.boolean(c.request.URL.Query(), "permanent", &permanent)
		if permanent {
			o.op = taskapi.BatchErase
		}
		if c.route.mediaTypes != nil {
			object, p := parseObject(c.body)
			if p != nil {
				return write{}, p
			}
			o.body(&f, object, "")
		}
		if p := f.problem(); p != nil {
			return write{}, p
		}
		var match, noneMatch tagList
		if op != taskapi.BatchCreate {
			var p *problem
			if match, p = entityTags(c.request.Header, "If-Match"); p != nil {
				return write{}, p
			}
			if noneMatch, p = entityTags(c.request.Header, "If-None-Match"); p != nil {
				return write{}, p
			}
			o.allowed = func(version int64) bool { return match.allows(version) && !noneMatch.names(version) }
		}
		return write{
			fingerprint: append(o.fingerprint(), match, noneMatch),
			run: func(tx *transaction) (*reply, *problem) {
				r, p := tx.carryOut(o)
				if p != nil {
					return nil, p
				}
				response := replyResource(r)
				if op == taskapi.BatchCreate {
					response.status = http.StatusCreated
					response.header.Set("Location", k.path+"/"+r.id())
				}
				return response, nil
			},
		}, nil
	}
}

// replay returns a stored response. Resources that have been erased since have no
// content in it.
func (u *user) replay(stored storedResponse) *reply {
	replayed := *stored.response
	replayed.header = replayed.header.Clone()
	replayed.header.Set("Idempotency-Replayed", "true")
	var body struct {
		Success bool `json:"success"`
		Data    any  `json:"data"`
	}
	if err := json.Unmarshal(replayed.body, &body); err != nil {
		panic(err) // it was encoded by this package
	}
	withoutErased := func(data any) any {
		object := data.(map[string]any)
		i := slices.IndexFunc(u.erased, func(e erasure) bool { return e.id == object["id"] })
		if i < 0 {
			return data
		}
		replayed.header.Set("Idempotency-Replayed", "erased")
		r := kindNamed(u.erased[i].kind).new()
		r.set("id", u.erased[i].id)
		r.set("version", int64(object["version"].(float64)))
		r.set("createdAt", stored.at)
		r.set("updatedAt", stored.at)
		r.apply(nil, true, stored.at)
		return r.wire()
	}
	if list, ok := body.Data.([]any); ok {
		for _, item := range list {
			item.(map[string]any)["data"] = withoutErased(item.(map[string]any)["data"])
		}
	} else {
		body.Data = withoutErased(body.Data)
	}
	replayed.body = encode(body)
	return &replayed
}

// get returns one resource.
func (k *kind) get(_ *Server, c *call) (*reply, *problem) {
	wanted, p := entityTags(c.request.Header, "If-Match")
	if p != nil {
		return nil, p
	}
	known, p := entityTags(c.request.Header, "If-None-Match")
	if p != nil {
		return nil, p
	}
	r, ok := c.tx.find(k, cmp.Or(c.id, k.single), anywhere)
	switch {
	case !ok:
		return nil, k.notFound()
	case !wanted.allows(r.version()):
		return nil, k.conflict(r)
	}
	response := replyResource(r)
	if known.names(r.version()) {
		response.status, response.body = http.StatusNotModified, nil
		response.header.Del("Content-Type")
	}
	return response, nil
}

// conflict returns the problem of a resource with another version.
func (k *kind) conflict(r resource) *problem {
	p := newProblem(taskapi.CodeVersionConflict, "The "+string(k.name)+" has another version.")
	p.Current = new(r.asResource())
	return p
}

// replyResource returns a response with one resource.
func replyResource(r resource) *reply {
	response := newReply(http.StatusOK, map[string]any{"success": true, "data": r.wire()})
	response.header.Set("ETag", r.etag())
	return response
}

// tagList is the value of If-Match or If-None-Match.
type tagList struct {
	Present, Any bool
	Versions     []int64
}

// names reports whether the list has a version.
func (l tagList) names(version int64) bool { return l.Any || slices.Contains(l.Versions, version) }

// allows reports whether the list has a version, or is absent.
func (l tagList) allows(version int64) bool { return !l.Present || l.names(version) }

// versionTags are the tags of versions. Proxies that compress make them weak, or append
// a suffix.
var versionTags = regexp.MustCompile(`^"([1-9][0-9]*)(?:[-;]{1,2}(?:gzip|gz|br|zstd|deflate))?"$`)

// entityTags reads a header that is a list of entity tags, or a star.
func entityTags(header http.Header, name string) (tagList, *problem) {
	value := strings.TrimSpace(joined(header, name))
	if value == "" || value == "*" {
		return tagList{Present: value != "", Any: value != ""}, nil
	}
	list := tagList{Present: true, Versions: []int64{}}
	for tag := range strings.SplitSeq(value, ",") {
		tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
		quoted := len(tag) >= 2 && tag[0] == '"' && strings.IndexByte(tag[1:], '"') == len(tag)-2
		if tag != "" && !quoted {
			return list, invalid(fieldError(name, taskapi.FieldFormat, `must be * or a list of ETags such as "3"`))
		}
		if named := versionTags.FindStringSubmatch(tag); named != nil {
			if version, err := strconv.ParseInt(named[1], 10, 64); err == nil {
				list.Versions = append(list.Versions, version)
			}
		}
	}
	slices.Sort(list.Versions)
	list.Versions = slices.Compact(list.Versions)
	return list, nil
}
