package sdktest

import (
	"cmp"
	"slices"
	"strings"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/sdk/taskapi/position"
)

// onePlace checks that a move names one place. In another list or below another parent,
// the default is the end.
func (f *faults) onePlace(object map[string]any, path string) {
	_, list := object["listId"]
	_, parent := object["parentId"]
	_, after := object["after"]
	_, before := object["before"]
	switch {
	case after && before:
		f.add(join(path, "before"), taskapi.FieldNotAllowed, "must not be given together with after")
	case !after && !before && !list && !parent:
		f.add(join(path, "after"), taskapi.FieldRequired, "or before is required")
	}
}

func (r resource) position() string { return r.field("position").String() }

// siblings returns the other resources in r's manual order, in that order.
func (tx *transaction) siblings(r resource) (all []resource) {
	for id := range tx.user.resources {
		if other, ok := tx.find(r.kind, id, outsideTrash); ok && id != r.id() && inOneOrder(other, r) {
			all = append(all, other)
		}
	}
	for id := range tx.staged {
		if _, known := tx.user.resources[id]; known || id == r.id() {
			continue
		}
		if other, ok := tx.find(r.kind, id, outsideTrash); ok && inOneOrder(other, r) {
			all = append(all, other)
		}
	}
	slices.SortFunc(all, compareOrder)
	return all
}

// compareOrder compares two resources in the manual order.
func compareOrder(a, b resource) int {
	return cmp.Or(strings.Compare(a.position(), b.position()), strings.Compare(a.id(), b.id()))
}

// reorder moves a resource, which is already among its new siblings, to a place there.
// before is its state before the move.
func (tx *transaction) reorder(before, r resource, to content) (resource, *problem) {
	siblings := tx.siblings(r)
	at, field := len(siblings), "before"
	if _, ok := to["after"]; ok {
		at, field = 0, "after"
	}
	if value, ok := to[field]; ok {
		if id, _ := value.Interface().(*string); id != nil {
			at = slices.IndexFunc(siblings, func(other resource) bool { return other.id() == *id })
			if at < 0 {
				return r, invalid(fieldError(field, taskapi.FieldNotFound, "is not another resource in this order"))
			}
			if field == "after" {
				at++
			}
		}
	}
	switch {
	case (at == 0 || compareOrder(siblings[at-1], r) < 0) && (at == len(siblings) || compareOrder(r, siblings[at]) < 0):
		if r.same(before) {
			return r, nil
		}
	default:
		tx.place(r, siblings, at)
	}
	return tx.changed(r), nil
}

// place gives a resource a position at an index among its siblings. If no position is
// free there, all of them get new ones.
func (tx *transaction) place(r resource, siblings []resource, at int) {
	front, back := "", ""
	if at > 0 {
		front = siblings[at-1].position()
	}
	if at < len(siblings) {
		back = siblings[at].position()
		r.set("position", position.Between(front, back, parseUUID(r.id())))
	} else {
		r.set("position", position.Behind(front, tx.ids.next(tx.now)))
	}
	if len(r.position()) <= position.MaxLength && front != back {
		return
	}
	all := slices.Insert(slices.Clone(siblings), at, r)
	var positions []string
	for _, one := range all {
		positions = append(positions, position.Of(parseUUID(one.id())))
	}
	slices.Sort(positions)
	r.set("position", positions[at])
	for i, other := range all {
		if i != at && other.position() != positions[i] {
			tx.with(other, func(moved resource) { moved.set("position", positions[i]) })
		}
	}
}
