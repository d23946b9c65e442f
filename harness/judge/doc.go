// Package judge compares traces of one and the same request, says where they
// differ, and what caused it. It is pure: no I/O, no clock.
//
// [Compare] holds what an engine did against what the model says that it does.
// A difference is nobody's fault yet: the model, the engine or the harness may
// be wrong. What the witnesses can't tell is not compared, and never counts as
// agreement: a trace that is unknown differs from every other.
//
// # Findings
//
// A [Collector] takes the cases that follow from a policy, each [Checked]
// against a target, and makes findings of them, one for each cause:
//
//	c := judge.NewCollector(judge.CollectorConfig{View: view})
//	for _, checked := range all {
//		c.Add(checked)
//	}
//	findings, notes := c.Findings()
//
// What is decided about them:
//
// A mismatch in one request is a symptom. It has the first cause that explains
// it, in an order in which a cause that makes others appear comes before them: a
// target without any CORS before a preflight that the application gets, a route
// without a policy before errors that name no origin. A cause is never stated
// from its symptoms alone; what the target said in cases that passed counts for
// it and against it. What no cause explains is a finding, too ([Unclassified]).
//
// How a target compares origins is found out from all origins that were tried: of
// the comparisons that are known, the one that would let in just those that could
// read.
//
// The one header that decides is looked for by running the case on the model
// again, over the answers that the target gave, with that header as the policy
// calls for it.
//
// A kind of finding is one row in the table of its area (findingsof*.go), and one page
// in findings.md. A row's functions ask what is known of the target: of the request
// that came out wrong (symptom: what was sent, what answered, what was called for),
// of everything that the target answered (facts), of all that is wrong with it
// (symptomList), and of how it compares origins (comparisons).
//
// What each ID is found of stands in seeds.md, which a test writes: mistakes in
// configs that real gateways run, and mistakes of a gateway on paper.
//
// Notes break no policy, so they have no part in how a check ends. They come from
// cases that passed.
package judge
