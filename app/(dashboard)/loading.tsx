import { PageSkeleton } from "@/app/ui/states";

export default PageSkeleton;
