"""Tables on which the web and worker log-ins may do less than the rest. Read by the launcher when it grants rights."""

# Functions of the owner that a worker may call.
WORKER_FUNCTIONS: tuple[str, ...] = (
    "lw_make_observation_day(bigint, date)",
    "lw_analyse_observation_day(bigint, date)",
    "lw_drop_observation_day(bigint, date)",
    "lw_analyse_facts()",
)

# Written once, never changed: only SELECT and INSERT. Triggers say the same to the owner.
APPEND_ONLY: tuple[str, ...] = (
    "trail_auditevent",
    "trail_outboxsettlement",
    "alerts_alertevidence",
    "alerts_alertescalation",
    "alerts_alertfile",
    "alerts_alertorder",
    "alerts_alertsignal",
    "alerts_caseevent",
    "borrowers_position",
    "borrowers_repayment",
    "borrowers_instalment",
    "borrowers_loanevent",
    "borrowers_correction",
    "borrowers_guarantee",
    "borrowers_pledge",
    "borrowers_valuation",
    "borrowers_countingpause",
    "borrowers_covenanttest",
    "borrowers_covenantwaiver",
    "borrowers_borroweridentifier",
    "borrowers_relatedparty",
    "borrowers_groupmembership",
    "borrowers_keycustomertier",
    "borrowers_financialstatement",
    "borrowers_externalsignal",
    "borrowers_disbursementpayment",
    "borrowers_accounttransaction",
    "borrowers_insurance",
    "borrowers_registration",
    "borrowers_seizure",
    "borrowers_documentversion",
    "borrowers_shelfentry",
    "borrowers_classdecision",
    "borrowers_outsidefigure",
    "borrowers_paymentreturn",
    "borrowers_paymentpromise",
    "borrowers_contactattempt",
    "borrowers_agreedpayee",
    "borrowers_approvalcondition",
    "borrowers_collateralcount",
    "borrowers_conductfact",
    "borrowers_visitfinding",
    "inspections_draw",
    "inspections_planreading",
    "inspections_capacity",
    "inspections_examination",
    "inspections_flag",
    "inspections_flagjudgement",
    "inspections_findingnote",
    "inspections_findingfile",
    "inspections_findingdismissal",
    "inspections_findingreminder",
    "inspections_holdnote",
    "inspections_holdanswer",
    "inspections_certificate",
)
# Moved by the relay and by what a person decides, never by a page: the web log-in may only read and add.
WEB_ADDS_ONLY: tuple[str, ...] = ("trail_outboxmessage",)
# Row history, written by the triggers of the owner alone: only SELECT.
HISTORY: tuple[str, ...] = (
    "people_personevent",
    "people_roleheldevent",
    "borrowers_custodyevent",
    "alerts_alertevent",
    "alerts_alertclosure",
    "alerts_ruleversionevent",
    "inspections_visitevent",
    "inspections_findingevent",
    "inspections_visitwords",
)

# History triggers come from a library whose functions run as the writer; as the owner's they write the history tables
# although web and worker may not. The second half makes the functions safe against a search path of the caller's making.
HARDEN = """
DO $$
DECLARE f regprocedure;
BEGIN
    FOR f IN SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.proname LIKE 'pgtrigger\\_%' LOOP
        EXECUTE format('ALTER FUNCTION %s SECURITY DEFINER SET search_path = public, pg_temp', f);
    END LOOP;
END $$;
-- The library lets any session switch its triggers off by a setting; history that can be switched off proves nothing.
CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name name) RETURNS boolean LANGUAGE sql AS 'SELECT false';
"""
