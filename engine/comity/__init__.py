"""comity: a diplomatic-norm rule engine.

Incidents are YAML facts; norms are YAML rules. One stage, one module, in this order::

    case.yaml   rules/**/*.yaml
        |             |
        v             v
      source        source      strict YAML: every value keeps its file, line and column
        |             |
        |         vocabulary    the words that cases and rules may use
        |             |
      casefile    rulereader    checked against the vocabulary; all faults at once
        |             |
        v             |
      timeline        |         what acts did to status, and the status at a given date
        |             |
      framing         |         one flat frame for each act and mission
        |             v
        |         compiling     the norms as plain data: numbered atoms and productions
        |             |
        +------+------+
               v
            running             the only module that imports durable_rules_engine
               |
             views              the conditions of a rule in many worlds at once
               |
    completing, worlds, needing what is possible, what follows, what is missing
               |
            resolving           outcomes in every world: exceptions, readings, presumptions
               |
       measuring, asking        what the host may do; which facts would change the answer
               |
           reporting            the report model
               |
            phrasing            the report in words, for people
               |
    render_text, render_json, render_markdown
               |
          commands, cli         one module a command; nothing is decided there

``rulereader`` leaves each document to ``norms`` (rules, concepts, readings) or ``measurefile``,
which share ``conditions``, ``citations`` and ``sheets``, and lists of ``parties`` to the module of
that name; ``packs`` and ``layering`` lay folders of
rules over each other, and ``caching`` keeps what ``compiling`` made.
``library`` finds the installed files, and ``schema`` (with ``schema_cases`` and ``schema_parts``)
describes them for editors. ``checking`` runs the stages for the command line; ``explaining`` and
``render_tree`` say why and why not, ``expecting`` compares the findings with what a case expects,
and ``ruletests`` runs the tests beside the rules. ``switching``, ``kleene`` and ``truths`` are the
logic that compiling and resolving share. ``authoring`` is the bench of those who write rules:
it stands on top of the pipeline. ``model`` holds the values that pass between the stages,
``problems`` what is wrong with an input and where. docs/architecture.md says what each promises.

The rules and the cases are installed as the data packages ``comity.rulebook`` and
``comity.casebook``, so no module may have either name. Imports point one way: setup.cfg states
it, and ``make lint`` checks it.
"""

# setup.cfg reads this line without importing the package, so it stays a plain string.
__version__ = "0.1.0"
