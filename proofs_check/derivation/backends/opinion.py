"""What cvc5 says of a problem of real arithmetic, asked in a process of its own: its time limits do not always ring."""

import sys


def asked(text: str, seconds: float) -> str:
    """ "unsat", "sat" or "unknown" for the assertions of an SMT-LIB text."""
    import cvc5

    solver = cvc5.Solver()
    solver.setLogic("QF_NRA")
    solver.setOption("tlimit-per", str(int(1000 * seconds)))
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text.replace("(check-sat)", ""), "step")
    manager = parser.getSymbolManager()
    while not (command := parser.nextCommand()).isNull():
        if command.getCommandName() != "set-logic":
            command.invoke(solver, manager)
    result = solver.checkSat()
    return "unsat" if result.isUnsat() else "sat" if result.isSat() else "unknown"


if __name__ == "__main__":
    print(asked(sys.stdin.read(), float(sys.argv[1])))
