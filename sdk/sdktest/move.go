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
func (f *fieldErrors) onePlace(object map[string]any, path string) {
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
func (tx *transaction) siblings(r resource) []resource {
	all := slices.DeleteFunc(tx.resources(r.kind), func(other resource) bool {
		return other.deleted() || other.id() == r.id() || !inOneOrder(other, r)
	})
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
	i, field := len(siblings), "before"
	if _, ok := to["after"]; ok {
		i, field = 0, "after"
	}
	if value, ok := to[field]; ok {
		if id, _ := value.Interface().(*string); id != nil {
			i = slices.IndexFunc(siblings, func(other resource) bool { return other.id() == *id })
			if i < 0 {
				return r, invalid(fieldError(field, taskapi.FieldNotFound, "is not another resource in this order"))
			}
			if field == "after" {
				i++
			}
		}
	}
	isThere := (i == 0 || compareOrder(siblings[i-1], r) < 0) && (i == len(siblings) || compareOrder(r, siblings[i]) < 0)
	switch {
	case !isThere:
		tx.place(r, siblings, i)
	case r.same(before):
		return r, nil
	}
	return tx.changed(r), nil
}

// place gives a resource the position of an index among its siblings. If no position is
// free there, all of them get new ones.
func (tx *transaction) place(r resource, siblings []resource, index int) {
	front, back := "", ""
	if index > 0 {
		front = siblings[index-1].position()
	}
	if index < len(siblings) {
		back = siblings[index].position()
		r.set("position", position.Between(front, back, parseUUID(r.id())))
	} else {
		r.set("position", position.Behind(front, tx.ids.next(tx.now)))
	}
	if len(r.position()) <= position.MaxLength && front != back {
		return
	}
	all := slices.Insert(slices.Clone(siblings), index, r)
	var positions []string
	for _, other := range all {
		positions = append(positions, position.Of(parseUUID(other.id())))
	}
	slices.Sort(positions)
	r.set("position", positions[index])
	for i, other := range all {
		if i != index && other.position() != positions[i] {
			tx.changeWith(other, func(moved resource) { moved.set("position", positions[i]) })
		}
	}
}
