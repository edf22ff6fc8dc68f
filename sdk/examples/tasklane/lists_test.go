package main

import (
	"encoding/json"
	"testing"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

func TestLists_AreAddedAndPrinted(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	u.sees("ID        COLOR  LIST\nID  green  Garden\n", "lists", "-add", "Garden", "-color", "green")
	u.sees("ID        COLOR  LIST\nID  green  Garden\nID         Shed\n", "lists", "-add", "Shed")
	u.fails(exitUsage, "takes no arguments", "lists", "Garden")
	var lists []taskapi.List
	stdout, _, _ := u.types("lists", "-json")
	if err := json.Unmarshal([]byte(stdout), &lists); err != nil || len(lists) != 2 {
		t.Errorf("%v: %s", err, stdout)
	}
}

func TestLists_CanBeGivenByName(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	u.types("lists", "-add", "Garden")
	u.sees("added ID  Water\n", "add", "-list", "garden", "Water")
	u.sees("added ID  Call\n", "add", "-list", "inbox", "Call")
	u.sees("ID        DUE  PRIORITY  TASK\nID                 Water\n", "list", "-list", "Garden")
	u.sees("ID        DUE  PRIORITY  TASK\nID                 Call\n", "list", "-list", "Inbox")
	u.sees("added ID  Pay\n", "add", "Pay", "+garden")
	u.sees("ID        DUE  PRIORITY  TASK\nID                 Water\nID                 Pay\n", "list", "-list", "Garden", "-sort", "createdAt")
	u.sees("added ID  1 +1\n", "add", "1", "+1")
	u.fails(exitUsage, `there is no list "Shed"`, "add", "-list", "Shed", "Paint")
	u.types("lists", "-add", "Garden")
	u.fails(exitUsage, "2 lists are called", "list", "-list", "Garden")
}

func TestSubTasks_AreIndented(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	u.types("lists", "-add", "Garden")
	u.types("add", "-list", "Garden", "Water")
	u.types("add", "Call")
	u.sees("added ID  Fill the can\n", "add", "-under", u.id("Water"), "Fill the can")
	u.types("add", "-under", u.id("Fill the can"), "Find the can")
	u.sees("ID        DUE  PRIORITY  TASK\nID                 Water\nID                   Fill the can\nID                     Find the can\nID                 Call\n",
		"list", "-sort", "createdAt")
	u.sees("ID        DUE  PRIORITY  TASK\nID                 Find the can\n", "list", "find")
	u.fails(exitNotFound, "there is no task", "add", "-under", "nope1234", "Fill")
}

func TestSettings_AreShownAndChanged(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	u.sees("time zone   UTC\nweek start  monday\n", "settings")
	u.sees("time zone   Europe/Berlin\nweek start  sunday\n", "settings", "-zone", "europe/berlin", "-week-start", "sunday")
	u.fails(exitUsage, "timeZone", "settings", "-zone", "Europe/Atlantis")
	u.fails(exitUsage, "takes no arguments", "settings", "UTC")
}
