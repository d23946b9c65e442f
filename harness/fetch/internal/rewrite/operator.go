package rewrite

// An Operator is a kind of mistake.
type Operator string

// The operators.
const (
	OpNever         Operator = "never"          // a condition is false
	OpAlways        Operator = "always"         // a condition is true
	OpDropOperand   Operator = "drop operand"   // an operand of && is true, one of || false
	OpSwapLogic     Operator = "swap && and ||" //
	OpBoundary      Operator = "boundary"       // < is <=, >= is >, and so on
	OpOffByOne      Operator = "off by one"     // a number is one more
	OpNegate        Operator = "negate"         // true is false, false is true
	OpDropStatement Operator = "drop statement" // an assignment, a call, a loop isn't there
	OpDropItem      Operator = "drop item"      // an item of a list of cases isn't there
	OpOtherString   Operator = "other string"   // a name or value is another
)

// Operators is the list of operators, each of which says where it applies.
var Operators = []struct {
	Operator Operator
	Where    string
}{
	{OpNever, "the condition of an if, a for or a case; a comparison or call that gives a boolean value"},
	{OpAlways, "the same, but for a loop's, which could only hang"},
	{OpDropOperand, "each operand of a chain of && or ||"},
	{OpSwapLogic, "each && and each ||"},
	{OpBoundary, "each <, <=, > and >= between numbers or strings"},
	{OpOffByOne, "each number written out or named by a constant, but for enumerations and what make() takes"},
	{OpNegate, "each true and false"},
	{OpDropStatement, "assignments to what exists, increments, calls whose result nobody takes, continue and break, loops that end"},
	{OpDropItem, "each item of a case of a switch with a tag"},
	{OpOtherString, "each string written out in a call or a composite value"},
}

// A Mutant is one mistake in one place.
type Mutant struct {
	// ID is what the switch knows it by; the first is 1.
	ID int
	// Name is built from file, function, operator and the text that is mutated,
	// and stays the same while those do. A second one of the same name in a
	// function ends in " #2".
	Name     string
	Operator Operator
	// Function is the enclosing function, "Type.Method" of a method; a package
	// variable by its own name.
	Function string
	// Anchor is the algorithm that the function's doc comment links, if it does.
	Anchor string
	// Position is "file.go:line".
	Position string
}
