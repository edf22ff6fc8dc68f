package modeltest_test

import (
	"slices"
	"strconv"
	"time"
)

// rules returns recurrence rules, some of which end near the present.
func (g *generator) rules() []string {
	soon := g.now.AddDate(0, 0, 2).Format("20060102")
	return []string{
		"FREQ=DAILY", "FREQ=DAILY;INTERVAL=3", "FREQ=DAILY;COUNT=1", "FREQ=DAILY;COUNT=3", "FREQ=DAILY;UNTIL=" + soon, "FREQ=DAILY;UNTIL=" + soon + "T120000Z",
		"FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY=MO,WE,FR", "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU;WKST=SU", "FREQ=MONTHLY", "FREQ=MONTHLY;BYMONTHDAY=-1",
		"FREQ=MONTHLY;BYDAY=2TU", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "FREQ=YEARLY", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;COUNT=10",
		"FREQ=DAILY;BYHOUR=2;BYMINUTE=30",
	}
}

// due returns a member that sets the due date of a task.
func (g *generator) due() member {
	if g.chance(2) {
		return member{name: "dueAt", value: quote(pick(g, g.times()...))}
	}
	return member{name: "dueOn", value: quote(g.now.AddDate(0, 0, g.random.IntN(60)-30).Format(time.DateOnly))}
}

// value returns the value of a member, or null.
func value(b body, name string) string {
	for _, m := range b.members {
		if m.name == name {
			return m.value
		}
	}
	return "null"
}

func without(b body, names ...string) body {
	b.members = slices.DeleteFunc(slices.Clone(b.members), func(m member) bool { return slices.Contains(names, m.name) })
	return b
}

// recentRecurring returns the name of one of the latest recurring tasks.
func (g *generator) recentRecurring() string {
	existing := slices.DeleteFunc(slices.Clone(g.recurring), func(name string) bool { return g.places[name] != outsideTrash })
	if len(existing) == 0 {
		return g.name(tasks, outsideTrash, outsideTrash)
	}
	return pick(g, existing[max(0, len(existing)-5):]...)
}

// createRecurring creates a recurring task.
func (g *generator) createRecurring(s *step) {
	s.method, s.path = "POST", tasks.path
	s.body = without(g.fields(tasks, false, false), "recurrence", "dueAt", "dueOn", "completed", "parentId", "listId")
	s.body.members = append(s.body.members, member{name: "recurrence", value: quote(pick(g, g.rules()...))}, g.due())
	name := created(tasks.name, s.number)
	g.names, g.recurring = append(g.names, name), append(g.recurring, name)
}

// createNested creates a sub-task of a recurring task, or of the latest such sub-task.
func (g *generator) createNested(s *step) {
	s.method, s.path = "POST", tasks.path
	parent := g.recentRecurring()
	if g.nested != "" && g.chance(3) {
		parent = g.nested
	}
	s.body = without(g.fields(tasks, false, false), "parentId", "listId")
	s.body.members = append(s.body.members, member{name: "parentId", value: `"{` + parent + `}"`})
	g.nested = created(tasks.name, s.number)
	g.names = append(g.names, g.nested)
}

// complete completes or reopens a task, mostly a recurring one.
func (g *generator) complete(s *step) {
	name := g.recentRecurring()
	if g.chance(4) {
		name = g.name(tasks, outsideTrash, outsideTrash)
	}
	s.method, s.path, s.body = "PATCH", tasks.path+"/{"+name+"}", g.completion(name)
	if g.chance(3) {
		g.preconditions(s)
	}
	if s.again == 0 {
		g.nameSuccessor(name, next(s.number), s.body)
	}
}

// completion returns a patch that completes an open task or reopens a completed one, and
// sometimes changes it.
func (g *generator) completion(name string) body {
	b := body{members: []member{{name: "completed", value: strconv.FormatBool(g.completed[name] == g.chance(6))}}}
	if g.chance(4) {
		b.members = append(b.members, without(g.fields(tasks, true, false), "completed").members...)
	}
	return b
}

// nameSuccessor names the possible successor of a completed task, and tasks below it.
func (g *generator) nameSuccessor(name, next string, b body) {
	g.completed[name] = value(b, "completed") == "true"
	if !g.completed[name] || !slices.Contains(g.recurring, name) {
		return
	}
	g.names, g.recurring = append(g.names, next), append(g.recurring, next)
	for i := range g.random.IntN(3) {
		g.names = append(g.names, next+strconv.Itoa(i+1))
	}
}
